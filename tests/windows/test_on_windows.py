"""What only Windows can show. Skipped on Linux; `tests/run.sh --long` runs this file under Wine (test_wine.py)."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.errors import ConfigError, StateError
from agent.keys import durable
from agent.keys.store import ENTROPY, DpapiKeyStore, FileKeyStore, file_name, open_key_store
from agent.service import control
from agent.service.windows_host import KINDS

pytestmark = pytest.mark.skipif(sys.platform != "win32", reason="runs on Windows only, and with --long under Wine")


def refused(code: str) -> pytest.RaisesExc[ConfigError]:
    return pytest.raises(ConfigError, check=lambda error: error.code == code)


@pytest.fixture
def store(tmp_path: Path) -> DpapiKeyStore:
    made = open_key_store("dpapi", tmp_path / "Schlüssel des Händlers")
    assert isinstance(made, DpapiKeyStore)
    return made


def folder_of(store: DpapiKeyStore) -> Path:
    return store._folder


def test_a_key_sealed_by_dpapi_comes_back_and_its_file_does_not_show_it(store: DpapiKeyStore) -> None:
    store.create("atrest", b"0123456789abcdef0123456789abcdef")
    assert store.names() == ["atrest"]
    assert store.secret("atrest") == b"0123456789abcdef0123456789abcdef"
    assert b"0123456789abcdef" not in (folder_of(store) / file_name("atrest")).read_bytes()
    assert repr(store) == "DpapiKeyStore()"
    store.create("dms", b"password one")
    store.replace_password("dms", b"password two")
    assert store.secret("dms") == b"password two"
    with refused("K002"):
        store.create("atrest", b"another")


def test_a_sealed_file_in_another_keys_place_does_not_open(store: DpapiKeyStore) -> None:
    store.create("atrest", b"a" * 32)
    store.create("persons", b"p" * 32)
    folder = folder_of(store)
    (folder / file_name("persons")).write_bytes((folder / file_name("atrest")).read_bytes())
    assert store.secret("atrest") == b"a" * 32
    with refused("K017"):
        store.secret("persons")


def test_without_its_entropy_nothing_opens_and_none_is_made_anew(store: DpapiKeyStore) -> None:
    store.create("atrest", b"a" * 32)
    entropy = folder_of(store) / ENTROPY
    kept = entropy.read_bytes()
    entropy.write_bytes(b"x" * 32)
    with refused("K017"):
        store.secret("atrest")
    entropy.unlink()
    with refused("K011"):
        store.create("dms", b"password")
    durable.write(entropy, kept, mode=0o600)
    assert store.secret("atrest") == b"a" * 32


def test_a_key_that_others_may_read_is_refused_with_the_command_that_mends_it(tmp_path: Path) -> None:
    import ntsecuritycon
    import win32security

    store = FileKeyStore(tmp_path / "keys")
    store.create("dms", b"password")
    assert store.secret("dms") == b"password"
    file = str(tmp_path / "keys" / file_name("dms"))
    found = win32security.GetNamedSecurityInfo(file, win32security.SE_FILE_OBJECT, 4)
    everyone = win32security.ConvertStringSidToSid("S-1-1-0")
    entries = found.GetSecurityDescriptorDacl()
    entries.AddAccessAllowedAce(win32security.ACL_REVISION, ntsecuritycon.FILE_GENERIC_READ, everyone)
    win32security.SetNamedSecurityInfo(file, win32security.SE_FILE_OBJECT, 4, None, None, entries, None)
    with pytest.raises(ConfigError, check=lambda error: error.code == "K003" and "icacls" in error.advice):
        store.secret("dms")


@contextlib.contextmanager
def channel(folder: Path, requests: dict[str, Any]) -> Iterator[None]:
    way = control.opened(folder, requests)
    assert way is not None
    try:
        yield
    finally:
        way.close()


def test_who_asks_over_the_pipe_is_told_by_the_system(tmp_path: Path) -> None:
    heard: list[tuple[str, dict[str, str]]] = []

    def pause(actor: str, asked: dict[str, str]) -> control.Answer:
        heard.append((actor, asked))
        return {"done": 1}

    assert control.ask(tmp_path, "pause") is None  # nobody listens
    with channel(tmp_path, {"pause": pause}):
        assert control.ask(tmp_path, "pause", recipient="*") == {"done": 1}
        with refused("FG-C48"):
            control.ask(tmp_path, "launch")
    import win32api

    assert heard[0][0].endswith("\\" + win32api.GetUserName())
    assert heard[0][1] == {"recipient": "*"}
    assert control.ask(tmp_path, "pause") is None


def test_a_long_run_keeps_nobody_else_waiting_and_an_impatient_one_is_told(tmp_path: Path) -> None:
    done = threading.Event()

    def run(*_: object) -> control.Answer:
        done.wait(20)
        return {}

    with channel(tmp_path, {"run": run, "pause": lambda *_: {"done": 1}}):
        with pytest.raises(StateError, check=lambda error: error.code == "FG-T12"):
            control.ask(tmp_path, "run", patience_s=0.5)
        assert control.ask(tmp_path, "pause") == {"done": 1}
        done.set()


def test_somebody_who_says_nothing_is_cut_off_and_the_next_is_heard(tmp_path: Path) -> None:
    import win32file

    from agent.service.windows_pipe import name_of

    with channel(tmp_path, {"pause": lambda *_: {"done": 1}}):
        silent = win32file.CreateFile(name_of(tmp_path), 0xC0000000, 0, None, 3, 0, None)
        assert control.ask(tmp_path, "pause") == {"done": 1}
        silent.Close()


def test_the_event_log_takes_every_kind_of_entry() -> None:
    """Wine's keeps no entries to read back: that the system takes the call is all that this shows."""
    import win32evtlogutil

    from agent.service.events import EVENTS, sentence

    for event, (number, kind, _) in EVENTS.items():
        line = sentence({"event": event, "code": "FG-S01", "said": "our own words"})
        win32evtlogutil.ReportEvent("fieldgate", number, eventType=KINDS[kind], strings=[line])


def test_a_child_dies_with_the_process_that_holds_it(tmp_path: Path) -> None:
    mark = tmp_path / "child.pid"
    child = f"import os,time,pathlib; pathlib.Path(r'{mark}').write_text(str(os.getpid())); time.sleep(300)"
    parent_does = (
        "import subprocess,sys,time; from agent.service.windows_job import hold;"
        f"p = subprocess.Popen([sys.executable, '-c', {child!r}]); hold(int(p._handle)); time.sleep(300)"
    )
    parent = subprocess.Popen([sys.executable, "-c", parent_does])
    until(lambda: mark.exists() and mark.read_text("utf-8") != "")
    number = int(mark.read_text("utf-8"))
    assert alive(number)
    parent.kill()
    parent.wait()
    until(lambda: not alive(number))


def alive(number: int) -> bool:
    import pywintypes
    import win32api
    import win32event

    try:
        handle = win32api.OpenProcess(0x00100000, False, number)
    except pywintypes.error:
        return False
    return bool(win32event.WaitForSingleObject(handle, 0) != 0)


def until(true: Any, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.1)


def test_a_long_path_with_blanks_and_umlauts_holds_keys_and_state(tmp_path: Path) -> None:
    from agent.state.store import open_state

    folder = tmp_path / "Autohaus Müller & Söhne" / ("Filiale " * 6).strip() / ("Straße " * 6).strip()
    store = FileKeyStore(folder / "keys")
    store.create("stream:0a1b:id", b"k" * 32)
    assert store.secret("stream:0a1b:id") == b"k" * 32
    state = open_state(folder / "state" / "fieldgate.db", create=True)
    with state.transaction() as tx:
        tx.write("insert into meta (name, value) values ('a', 'b')")
    state.close()
    assert (folder / "state" / "fieldgate.db").exists()
