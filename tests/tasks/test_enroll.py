"""Becoming known to a recipient: once per store, keys pinned at first sight, and no stream without its keys."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.errors import ConfigError, DeliveryError, FieldgateError, SealError
from agent.receiver import serve
from agent.receiver.enroll import make_token
from agent.tasks import enroll
from agent.tasks.enroll import ended_streams, open_streams
from agent.tasks.permission import policies_in_force
from tests.story.world import OEM, World, world


@pytest.fixture
def dealership(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, customers=5) as made:
        yield made


def token(made: World, code: str = "EX1234") -> str:
    return make_token(made.oems[OEM].house, code)


def test_a_token_enrolls_one_store_once(dealership: World) -> None:
    used = token(dealership)
    known = enroll.enroll(dealership.desk, OEM, "01", used)
    assert known.dealer_codes == {"EX1234"}
    with pytest.raises(ConfigError, match="already"):
        enroll.enroll(dealership.desk, OEM, "01", token(dealership))
    with pytest.raises(DeliveryError):
        enroll.enroll(dealership.desk, OEM, "04", used)


@pytest.mark.parametrize("bad", ["", "never-given", "x" * 200])
def test_a_token_nobody_gave_enrolls_nothing(dealership: World, bad: str) -> None:
    with pytest.raises(FieldgateError):
        enroll.enroll(dealership.desk, OEM, "01", bad)
    assert not [e for e in dealership.audit() if e["event"] == "enrolled"]


def test_a_token_for_another_dealer_code_does_not_count(dealership: World) -> None:
    with pytest.raises(FieldgateError):
        enroll.enroll(dealership.desk, OEM, "01", token(dealership, "EX9999"))


def test_a_store_or_recipient_that_agent_yaml_does_not_have(dealership: World) -> None:
    for name, store in ((OEM, "99"), ("nobody", "01")):
        with pytest.raises(ConfigError):
            enroll.enroll(dealership.desk, name, store, "token")


def test_a_recipient_that_shows_other_keys_the_second_time_is_refused(dealership: World, tmp_path: Path) -> None:
    enroll.enroll(dealership.desk, OEM, "01", token(dealership))
    dealership.oems[OEM].stop()
    shutil.rmtree(tmp_path / OEM)
    port = int(dealership.oems[OEM].url.rsplit(":", 1)[1])
    stranger = serve.start_in_thread(tmp_path / OEM, name=OEM, port=port, clock=dealership.clock)
    dealership.oems[OEM] = stranger
    try:
        with pytest.raises(SealError, match="other receipt keys"):
            enroll.enroll(dealership.desk, OEM, "04", make_token(stranger.house, "EX1250"))
    finally:
        stranger.stop()
        dealership.oems.clear()
    assert [e["facts"]["dealer_code"] for e in dealership.audit() if e["event"] == "enrolled"] == ["EX1234"]  # type: ignore[index]


def test_streams_open_for_enrolled_stores_only_and_once(dealership: World) -> None:
    dealership.approve()
    ruleset = policies_in_force(dealership.desk)
    assert open_streams(dealership.desk, ruleset) == []
    dealership.enroll(stores=("01",))
    [first] = open_streams(dealership.desk, ruleset)
    assert first.store == "01"
    assert open_streams(dealership.desk, ruleset) == [first]
    dealership.enroll(stores=("04",))
    assert len(open_streams(dealership.desk, ruleset)) == 2
    names = set(dealership.desk.store.names())
    assert {f"stream:{first.stream_id}:{use}" for use in ("id", "nonce", "pseudonym")} <= names
    assert ended_streams(dealership.desk, ruleset) == []
