"""Keys are never made twice: a missing or wrong one stops everything. A lost key would un-suppress everybody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.errors import FieldgateError
from agent.tasks.desk import create_home, open_desk
from agent.tasks.enroll import open_streams
from agent.tasks.permission import policies_in_force
from tests.story.world import World, world


@pytest.fixture
def dealership(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, customers=5) as made:
        made.approve()
        made.enroll(stores=("01",))
        open_streams(made.desk, policies_in_force(made.desk))
        yield made


def key_files(made: World) -> dict[str, Path]:
    found = {path.name: path for path in made.config.key_folder.rglob("*") if path.is_file()}
    assert len(found) >= 7
    return found


def lasting(made: World) -> list[Path]:
    """The files of keys that must outlive everything."""
    return [p for n, p in key_files(made).items() if any(w in n for w in ("persons", "atrest", "nonce", "pseudonym"))]


def test_it_opens_and_a_second_home_is_not_made(dealership: World) -> None:
    before = {name: path.read_bytes() for name, path in key_files(dealership).items()}
    assert create_home(dealership.config) is False
    open_desk(dealership.config, clock=dealership.clock, actor="again").state.close()
    assert {name: path.read_bytes() for name, path in key_files(dealership).items()} == before


@pytest.mark.parametrize("what", ["missing", "changed"])
def test_each_lasting_key_missing_or_changed_stops_everything(dealership: World, what: str) -> None:
    for path in lasting(dealership):
        kept = path.read_bytes()
        if what == "missing":
            path.unlink()
        else:
            path.write_bytes(bytes(b ^ 1 for b in kept))
        with pytest.raises(FieldgateError):
            open_desk(dealership.config, clock=dealership.clock, actor="x")
        path.write_bytes(kept)
        path.chmod(0o600)
    open_desk(dealership.config, clock=dealership.clock, actor="x").state.close()


def test_a_lost_state_file_makes_no_new_keys(dealership: World) -> None:
    dealership.desk.state.close()
    before = {name: path.read_bytes() for name, path in key_files(dealership).items()}
    dealership.config.state_file.unlink()
    with pytest.raises(FieldgateError):
        open_desk(dealership.config, clock=dealership.clock, actor="x")
    create_home(dealership.config)
    after = {name: path.read_bytes() for name, path in key_files(dealership).items()}
    assert before.items() <= after.items()
    dealership.open()
