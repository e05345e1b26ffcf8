"""Why a question was not answered, and who must act: another OEM at the address, our clock, or the OEM itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from email.utils import format_datetime
from pathlib import Path

import msgspec
import pytest

from agent import config
from agent.core.jws import JWK
from agent.errors import DeliveryError
from agent.oem import Reply
from agent.tasks.asking import why_not
from agent.tasks.check import clocks_apart
from agent.tasks.desk import Desk, open_desk
from agent.tasks.receipt_keys import pinned
from tests.officers import KIM
from tests.story import house
from tests.story.house import OEM

NOW = dt.datetime(2026, 11, 22, 15, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


class Shows:
    """An OEM that shows these receipt keys; without any nobody answers."""

    def __init__(self, *jwks: JWK) -> None:
        self._jwks = jwks

    def keys(self) -> Reply:
        if not self._jwks:
            raise DeliveryError("FG-D04", "broke off", "wait")
        return Reply(200, msgspec.json.encode({"keys": self._jwks}), "", None)


@pytest.fixture
def desk(has_run: Path, tmp_path: Path) -> Iterator[Desk]:
    with house.house(has_run, tmp_path / "house") as made:
        opened = open_desk(config.load(made.yaml), clock=lambda: NOW, actor="test")
        yield opened
        opened.state.close()


@pytest.mark.parametrize(
    ("problem", "ours", "off", "said"),
    [
        ("bad_signature", True, 0 * DAY, ("FG-D10", "the OEM")),
        ("bad_signature", True, 2 * DAY, ("FG-D13", "dealer IT")),
        ("bad_signature", True, -2 * DAY, ("FG-D13", "dealer IT")),
        ("gap", True, 2 * DAY, ("FG-D10", "the OEM")),
        ("unknown_key", True, 0 * DAY, ("FG-D10", "the OEM")),
        ("unknown_key", False, 0 * DAY, ("FG-D14", "dealer IT")),
        ("bad_signature", False, 2 * DAY, ("FG-D14", "dealer IT")),
        ("unknown_key", None, 0 * DAY, ("FG-D10", "the OEM")),
    ],
)
def test_who_must_act_when_a_question_is_refused(
    desk: Desk, problem: str, ours: bool | None, off: dt.timedelta, said: tuple[str, str]
) -> None:
    own = next(iter(pinned(desk, OEM).values()))
    shows = Shows(*({True: [own], False: [KIM.signer.jwk], None: []}[ours]))
    dated = format_datetime(NOW - off, usegmt=True)
    reply = Reply(401, b"", f"urn:fieldgate:problem:{problem}", None, dated)
    found = why_not(desk, OEM, reply, shows, "FG-D10", "it did not tell")
    assert (found.code, found.who) == said


@pytest.mark.parametrize(
    ("dated", "told"),
    [
        ("Sun, 22 Nov 2026 15:14:59 GMT", ""),
        ("Sun, 22 Nov 2026 14:45:01 GMT", ""),
        ("Sun, 22 Nov 2026 14:40:00 GMT", "20 min ahead of"),
        ("Sun, 22 Nov 2026 16:20:00 GMT", "1 h 20 min behind"),
        ("Fri, 20 Nov 2026 15:00:00 GMT", "2 days ahead of"),
        ("Sun, 22 Nov 2026 10:00:00 -0500", ""),
        ("Sun, 22 Nov 2026 10:00:00", "5 h 0 min ahead of"),
        ("yesterday", ""),
        ("", ""),
    ],
)
def test_how_far_two_clocks_are_apart(dated: str, told: str) -> None:
    assert clocks_apart(NOW, dated) == told
