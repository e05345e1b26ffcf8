"""The daemon as a service manager and a person at the server meet it: a real process, its socket, its signals."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.demo import servers
from agent.demo.dms import tables
from agent.errors import ConfigError
from agent.service import control
from agent.service.control import Channel, ask
from agent.state import evidence
from tests.story import house
from tests.story.house import House, cli

FIELDGATE = (sys.executable, "-c", "from agent.cli import main; main()")
pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="a socket and signals; tests/windows has the pipe and the service of Windows"
)


def until(true: Callable[[], object], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def ended(process: subprocess.Popen[bytes], seconds: float) -> int:
    """Its status, if it ends within so many seconds of a machine that gives everybody their turns: where that stands
    still, a tenth of a second has passed, and not the whole pause."""
    spent, looked = 0.0, time.monotonic()
    while process.poll() is None:
        assert spent < seconds, "it did not end in time"
        time.sleep(0.05)
        spent, looked = spent + min(time.monotonic() - looked, 0.1), time.monotonic()
    return int(process.returncode)


@contextlib.contextmanager
def daemon(one: House, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [*FIELDGATE, "run", "--config", str(one.yaml)],
        env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: (one.folder / "state" / control.NAME).exists() or process.poll() is not None)
        yield process
    finally:
        process.kill()
        process.wait()


def events(one: House) -> list[str]:
    return [json.loads(line)["event"] for line in one.written().splitlines()]


def actors(one: House, event: str) -> list[str]:
    with one.state() as state, state.reading() as tx:
        entries = [json.loads(data) for data, _ in list(evidence.entries(tx))]
    return [entry["actor"] for entry in entries if entry["event"] == event]


def test_a_run_that_is_asked_for_is_made_by_the_service_and_signed_with_who_asked(fresh: House) -> None:
    with daemon(fresh):
        ended = cli("run", "--once", "--json", "--config", str(fresh.yaml))
        assert ended.status == 0, ended.err
        assert {reading["dataset"] for reading in json.loads(ended.out)["readings"]} == {"customers"}
        assert fresh.landed() > 0
        paused = cli("pause", "--config", str(fresh.yaml))
        assert paused.status == 0
        assert actors(fresh, "paused")[-1].startswith("local:")
    assert fresh.faults() == ()


def test_without_a_service_the_same_commands_do_it_themselves(fresh: House) -> None:
    assert fresh.run().status == 0
    assert cli("pause", "--config", str(fresh.yaml)).status == 0
    assert actors(fresh, "paused")[-1].startswith("cli:")


def test_a_second_service_on_the_same_folder_is_refused(fresh: House) -> None:
    with daemon(fresh):
        second = house.cli_apart("run", "--config", str(fresh.yaml))
        assert (second.status, [said.code for said in second.errors]) == (1, ["FG-T10"])


def test_it_stops_within_ten_seconds_while_it_reads_and_what_it_read_stands(fresh: House) -> None:
    dms = servers.start("sqlite", fresh.folder.parent / "long")
    dms.load(tables(8, 1200))
    text = fresh.yaml.read_text("utf-8")
    fresh.yaml.write_text(text.replace(fresh.engine.settings.database, dms.settings.database), "utf-8")
    with daemon(fresh) as process:
        asked = subprocess.Popen(
            [*FIELDGATE, "run", "--once", "--config", str(fresh.yaml)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip

        def some_pages() -> bool:
            with fresh.state() as state, state.reading() as tx:
                return (tx.row("select count(*) from bodies") or (0,))[0] > 3

        until(some_pages)
        process.send_signal(signal.SIGTERM)
        assert ended(process, 10) == 0
        asked.communicate(timeout=120)
        assert asked.returncode != 0
    assert not (fresh.folder / "state" / control.NAME).exists()
    assert fresh.faults() == ()
    assert fresh.run().status == 0  # goes on where it ended
    assert fresh.status().status == 0
    assert fresh.faults() == ()


def test_the_service_manager_hears_of_start_watchdog_and_stop(fresh: House, tmp_path: Path) -> None:
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(120)
        with daemon(fresh, NOTIFY_SOCKET=str(address), WATCHDOG_USEC="4000000") as process:
            assert manager.recv(200).startswith(b"READY=1\n")
            assert manager.recv(200) == b"WATCHDOG=1"
            process.send_signal(signal.SIGTERM)
            while (said := manager.recv(200)) == b"WATCHDOG=1":
                pass
            assert said == b"STOPPING=1"
            assert process.wait(60) == 0


def test_agent_yaml_is_read_again_when_told_and_a_broken_one_changes_nothing(fresh: House) -> None:
    with daemon(fresh) as process:
        good = fresh.yaml.read_bytes()
        fresh.yaml.write_bytes(good + b"\nnonsense: 1\n")
        process.send_signal(signal.SIGHUP)
        until(lambda: "reload_refused" in events(fresh))
        assert process.poll() is None
        fresh.yaml.write_bytes(good)
        assert ask(fresh.folder / "state", "reload") == {}
        until(lambda: "reloaded" in events(fresh))
        assert cli("run", "--once", "--config", str(fresh.yaml)).status == 0


# The channel alone ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def channel(folder: Path) -> Iterator[list[tuple[str, dict[str, str]]]]:
    heard: list[tuple[str, dict[str, str]]] = []

    def request(actor: str, asked: dict[str, str]) -> control.Answer:
        heard.append((actor, asked))
        if asked.get("fail"):
            raise ConfigError("FG-EXAMPLE", "it is refused", "do that", exit_status=3)
        return {"done": True}

    listening = Channel(folder, {"work": request})
    try:
        yield heard
    finally:
        listening.close()


def raw(folder: Path, sent: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as way:
        way.connect(str(folder / control.NAME))
        way.settimeout(60)
        way.sendall(sent)
        way.shutdown(socket.SHUT_WR)
        return way.recv(65536)


def test_a_request_of_the_list_is_answered_and_names_who_the_system_says(tmp_path: Path) -> None:
    import getpass

    with channel(tmp_path) as heard:
        assert ask(tmp_path, "work", actor="somebody else") == {"done": True}
        assert heard == [(f"local:{getpass.getuser()}", {"actor": "somebody else"})]
        assert (tmp_path / control.NAME).stat().st_mode & 0o777 == 0o600
    assert ask(tmp_path, "work") is None


@pytest.mark.parametrize(
    "sent",
    [
        b"", b"\n", b"[]\n", b"{}\n", b'{"do": "rm"}\n', b'{"do": ["work"]}\n', b'{"do": "work", "x": {"y": 1}}\n',
        b"\xff\xfe\n", b"[" * 4000 + b"\n", b'{"do": "work"' + b" " * 5000 + b"}\n",
    ],
)  # fmt: skip
def test_anything_else_is_refused_and_the_channel_lives(tmp_path: Path, sent: bytes) -> None:
    with channel(tmp_path) as heard:
        assert json.loads(raw(tmp_path, sent))["error"]["code"] == "FG-C48"
        assert heard == []
        assert json.loads(raw(tmp_path, b'{"do": "work"}\n')) == {"done": True}


def test_a_refusal_arrives_as_it_was(tmp_path: Path) -> None:
    with channel(tmp_path), pytest.raises(ConfigError) as refused:
        ask(tmp_path, "work", fail="yes")
    assert (refused.value.code, refused.value.exit_status) == ("FG-EXAMPLE", 3)


def test_another_account_is_not_let_in(request: pytest.FixtureRequest) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another account")
    tmp_path = Path(tempfile.mkdtemp())  # pytest's own folders let nobody else in
    request.addfinalizer(lambda: shutil.rmtree(tmp_path))
    tmp_path.chmod(0o755)
    with channel(tmp_path) as heard:
        (tmp_path / control.NAME).chmod(0o666)  # were its file open to all, the system's word would still stop them
        asked = (
            "import os, socket, sys; os.setuid(65534); s = socket.socket(socket.AF_UNIX);"
            f"s.connect({str(tmp_path / control.NAME)!r}); print(s.recv(99))"
        )
        done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True)
        assert done.stdout == "b''\n", done.stderr
        assert heard == []


def test_a_folder_with_a_long_name_has_a_channel_too(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    with channel(deep):
        assert ask(deep, "work") == {"done": True}
