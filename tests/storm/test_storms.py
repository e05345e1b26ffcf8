"""Storm A: whatever comes late comes within the overlap; one reconciliation, and nothing is missed, stale or extra.
Storm B: it comes later than that; misses are counted, there are some, and the reconciliation finds every one.
A few rounds here; sixty by `python -m tests.storm`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.storm.storms import dealership, weather

ROUNDS = 2


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_a_storm_within_the_overlap_and_one_beyond_it(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    engine = None if kind == "sqlite" else request.getfixturevalue(kind)
    with dealership(tmp_path, engine) as made:
        within, beyond = weather(made, ROUNDS, seed=ROUNDS)
    print(f"{kind}: {within}\n{kind}: {beyond}")
    assert (within.wrong_after, within.said_again) == (0, 0)
    assert beyond.wrong_before > 0, "a storm beyond the overlap that misses nothing shows nothing"
    assert (beyond.wrong_after, beyond.said_again) == (0, 0)
