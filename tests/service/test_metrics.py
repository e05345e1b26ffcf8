"""Numbers and nothing else: whatever the facts hold, no name and no value gets into the page; and only this machine is
answered."""

from __future__ import annotations

import datetime as dt
import http.client
import re
import socket
from pathlib import Path

import pytest

from agent.errors import ConfigError
from agent.health import Health, Leg
from agent.service.metrics import Port, Watched, text, write
from tests.ports import own_port

NOW = dt.datetime(2026, 11, 22, 9, 14, tzinfo=dt.UTC)
CANARY = "219-09-9999"
LINE = re.compile(
    r"# (HELP|TYPE) fieldgate_[a-z_]+ [A-Za-z ,.'_]+[A-Za-z0-9 ,.'_]*"
    r'|fieldgate_[a-z_]+(\{(version|verdict|leg)="[A-Za-z0-9.]+"\})? -?\d+'
)


def found(**facts: str | int) -> Health:
    legs = tuple(Leg(name, True, CANARY) for name in ("Database", "Policy", "Outbox", "Internet", "OEM"))
    return Health("WORKING", CANARY, legs, facts, CANARY, [CANARY], [CANARY])


def test_whatever_the_facts_hold_the_page_is_numbers_under_known_names() -> None:
    page = text(
        found(waiting_items=3, last_run_at="2026-11-22T07:15:00Z", zone=CANARY, oem_open=CANARY, pat_example=1), NOW
    )
    for line in page.splitlines():
        assert LINE.fullmatch(line), line
    assert CANARY not in page
    assert "pat" not in page
    assert "fieldgate_waiting_batches 3\n" in page
    assert "fieldgate_last_run_seconds 1795331700\n" in page
    assert 'fieldgate_verdict{verdict="WORKING"} 1\n' in page
    assert 'fieldgate_verdict{verdict="STOPPED"} 0\n' in page


def ask(port: int, path: str = "/metrics", host: str | None = None) -> tuple[int, bytes]:
    way = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        way.request("GET", path, headers={"Host": host or f"127.0.0.1:{port}"})
        answer = way.getresponse()
        return answer.status, answer.read()
    finally:
        way.close()


def test_the_port_answers_this_machine_under_its_own_name_and_nobody_else() -> None:
    number = own_port()
    port = Port(number, lambda: "fieldgate_up 1\n")
    try:
        assert ask(number) == (200, b"fieldgate_up 1\n")
        assert ask(number, host=f"localhost:{number}")[0] == 200
        assert ask(number, host="rebound.example")[0] == 404
        assert ask(number, "/")[0] == 404
        with pytest.raises(ConfigError, match="FG-C72"):
            Port(number, lambda: "")
        with socket.socket() as outside, pytest.raises(OSError, match="refused"):
            outside.connect(("127.0.0.2", number))
    finally:
        port.close()


def test_the_file_is_renewed_whole_and_a_folder_that_is_gone_stops_nothing(tmp_path: Path) -> None:
    file = tmp_path / "fieldgate.prom"
    watched = Watched(file, None)
    assert watched.wanted
    watched.renew(found(waiting_items=1), NOW)
    watched.renew(found(waiting_items=2), NOW)
    assert "fieldgate_waiting_batches 2\n" in file.read_text("utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["fieldgate.prom"]
    with pytest.raises(ConfigError, match="FG-C71"):
        write(tmp_path / "gone" / "fieldgate.prom", "")
    Watched(tmp_path / "gone" / "fieldgate.prom", None).renew(found(), NOW)
    assert not Watched(None, None).wanted
