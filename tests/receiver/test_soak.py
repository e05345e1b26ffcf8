"""Many dealers at once: no gap, nothing lost, and memory that does not grow, with a hostile one among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.receiver.soak import soak


# What a receiver gained from one second to the next says little (up to 12 MB of the allocator's rounding were seen);
# from one half minute to the next it says whether something is kept.
@pytest.mark.parametrize(
    ("seconds", "streams", "growth_mb"),
    [(4, 6, 60), pytest.param(120, 50, 25, marks=[pytest.mark.long, pytest.mark.timeout(1200)], id="two minutes")],
)
def test_streams_are_taken_side_by_side_without_a_gap_in_flat_memory(
    tmp_path: Path, seconds: int, streams: int, growth_mb: int
) -> None:
    found = soak(tmp_path / "oem", seconds, streams=streams, records=100)
    assert found.problems == []
    assert found.batches > streams
    assert found.bombs_refused > 0
    assert len(found.memory_mb) >= seconds
    assert found.growth_mb < growth_mb, found.memory_mb
    assert max(found.memory_mb) < 200
