"""The package on a really booted systemd: nothing of it is pretended."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.booted import journey
from tests.booted.__main__ import CACHE
from tests.booted.machine import CannotBootError, base, booted


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_dealers_server_from_install_to_removal(tmp_path: Path) -> None:
    try:
        packed = base(CACHE)
    except CannotBootError as reason:
        pytest.skip(f"no machine can be booted here: {reason}")
    out = tmp_path / "out"
    out.mkdir()
    journey.build(out)
    with booted(packed, tmp_path) as machine:
        journey.furnish(machine, out, tmp_path)
        transcript = journey.walk(machine)
    assert any("TAKEN BACK" in line for line in transcript.lines)
    assert not transcript.too_much
