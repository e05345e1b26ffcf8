"""What only Windows can show. Skipped on Linux; `tests/run.sh --long` runs this file under Wine (test_wine.py)."""

from __future__ import annotations

import contextlib
import os
import struct
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
from tests.cli.test_screens import SCREENS, SHOWN

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


def let_everybody_read(file: Path) -> None:
    import ntsecuritycon
    import win32security

    found = win32security.GetNamedSecurityInfo(str(file), win32security.SE_FILE_OBJECT, 4)
    everyone = win32security.ConvertStringSidToSid("S-1-1-0")
    entries = found.GetSecurityDescriptorDacl()
    entries.AddAccessAllowedAce(win32security.ACL_REVISION, ntsecuritycon.FILE_GENERIC_READ, everyone)
    win32security.SetNamedSecurityInfo(str(file), win32security.SE_FILE_OBJECT, 4, None, None, entries, None)


@pytest.mark.parametrize("name", [file_name("dms"), ENTROPY, ""])
def test_a_key_the_entropy_or_a_folder_that_others_may_read_is_refused_with_what_mends_it(
    name: str, store: DpapiKeyStore
) -> None:
    store.create("dms", b"password")
    assert store.secret("dms") == b"password"
    let_everybody_read(folder_of(store) / name)
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


@contextlib.contextmanager
def registry(place: str, name: str, kind: int, value: Any) -> Iterator[None]:
    """A value in the machine's registry, and afterwards what was there before."""
    assert sys.platform == "win32"
    import winreg

    with winreg.CreateKeyEx(winreg.HKEY_LOCAL_MACHINE, place, 0, winreg.KEY_READ | winreg.KEY_WRITE) as key:
        try:
            before = winreg.QueryValueEx(key, name)
        except OSError:
            before = None
        winreg.SetValueEx(key, name, 0, kind, value)
        try:
            yield
        finally:
            if before is None:
                winreg.DeleteValue(key, name)
            else:
                winreg.SetValueEx(key, name, 0, before[1], before[0])


WINHTTP = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections"
DRIVERS_32 = r"SOFTWARE\WOW6432Node\ODBC\ODBCINST.INI\ODBC Drivers"
BINARY, TEXT = 3, 1


def winhttp_settings(proxy: bytes, flags: int) -> bytes:
    """What `netsh winhttp set proxy` leaves in the registry: magic, flags, the proxy and its exceptions."""
    exceptions = b"<local>"
    return (
        struct.pack("<3I", 0x18, 0, flags)
        + struct.pack("<I", len(proxy)) + proxy + struct.pack("<I", len(exceptions)) + exceptions
    )  # fmt: skip


def told(argv: list[str], given: str = "") -> str:
    """What a command prints, in one line."""
    command = [sys.executable, "-c", "from agent.cli import main; main()", *argv]
    done = subprocess.run(command, input=given.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return " ".join(done.stdout.decode("cp1252", "replace").split())


def test_the_proxy_that_windows_has_for_services_is_read_and_named() -> None:
    from agent.tasks.system_proxy import winhttp_proxy

    direct, by_proxy = 1, 3
    with registry(
        WINHTTP, "WinHttpSettings", BINARY, winhttp_settings(b"http=one:80;https=proxy.example:8080", direct)
    ):
        assert winhttp_proxy() == ""
    with registry(
        WINHTTP, "WinHttpSettings", BINARY, winhttp_settings(b"http=one:80;https=proxy.example:8080", by_proxy)
    ):
        assert winhttp_proxy() == "proxy.example:8080"
        assert "has the proxy proxy.example:8080 for services (WinHTTP)" in told(["preflight"])


def test_a_driver_for_32_bit_programs_only_is_named_with_what_to_do(tmp_path: Path) -> None:
    from agent.dms.odbc import drivers_of_32_bit

    name = "Händler DMS Driver"
    assert name not in drivers_of_32_bit()
    with registry(DRIVERS_32, name, TEXT, "Installed"):
        assert name in drivers_of_32_bit()
        said = told(["preflight", "--driver", name])
        assert f"of 32 bit and of no use here: {name}" in said
        assert "install the vendor's 64-bit driver beside it" in said
        asked = told(["setup", "--config", str(tmp_path / "agent.yaml")])
        assert f"Of 32 bit and of no use here: {name}. Ask their vendor for the 64-bit driver." in asked
    assert name not in told(["preflight"])


def test_a_sign_in_by_windows_is_explained_as_the_account_sql_server_sees(tmp_path: Path) -> None:
    given = "ODBC Driver 18 for SQL Server\nsqlserver\ndms-sql.dealer.example\n1433\ndms\n\nAmerica/New_York\n"
    said = told(["setup", "--config", str(tmp_path / "agent.yaml")], given)
    assert "Windows sign-in: SQL Server sees the service as YOURDOMAIN\\" in said
    assert "$, not as whoever types this" in said
    assert "FROM WINDOWS" in said


@pytest.mark.parametrize("name", SHOWN)
def test_a_western_console_gets_the_stored_screen_byte_for_byte(name: str, tmp_path: Path) -> None:
    """The encoding is the one that Windows gives a program whose output goes into a pipe, not one that we chose."""
    code = (
        "import sys; assert sys.stdout.encoding == 'cp1252', sys.stdout.encoding;"
        f"from tests.cli.test_screens import SHOWN; SHOWN[{name!r}]()"
    )
    env = {key: value for key, value in os.environ.items() if key not in ("PYTHONUTF8", "PYTHONIOENCODING")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env | {"COLUMNS": "80"}, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    stored = (SCREENS / f"{name}.cp1252.txt").read_text("utf-8").encode("cp1252")
    assert done.stdout.replace(b"\r\n", b"\n") == stored


def test_the_clock_of_a_dms_is_known_without_any_of_the_systems_zones() -> None:
    """Windows has no such files: they come from the package `tzdata`, in the frozen program too."""
    import datetime as dt
    import zoneinfo

    assert zoneinfo.TZPATH == ()
    winter = dt.datetime(2026, 1, 15, 12, tzinfo=zoneinfo.ZoneInfo("America/New_York"))
    assert winter.utcoffset() == dt.timedelta(hours=-5)


def test_settings_and_a_policy_with_the_line_ends_of_notepad_mean_the_same(tmp_path: Path) -> None:
    from agent import config
    from agent.core.policy.reader import Draft, read_policy

    root = Path(__file__).parents[2]
    plain = (root / "field_policies" / "customer-crm.yaml").read_bytes().replace(b"\r\n", b"\n")
    one, other = (read_policy(data, "p") for data in (plain, plain.replace(b"\n", b"\r\n")))
    assert isinstance(one, Draft)
    assert isinstance(other, Draft)
    assert one.document == other.document
    assert one.sha256 != other.sha256  # what was signed is a file, byte for byte
    from agent.cli.setup import _SAMPLE

    path = tmp_path / "agent.yaml"
    both = (config.parse(text.encode(), path) for text in (_SAMPLE, _SAMPLE.replace("\n", "\r\n")))
    assert next(both) == next(both)


def test_a_reader_child_dies_with_the_service_that_was_killed(tmp_path: Path) -> None:
    """The supervisor's own child, started as for a job; nobody tells it anything, and nobody closes it."""
    mark = tmp_path / "child.pid"
    service = (
        "import pathlib, time; from agent.service.supervisor import ReaderChild;"
        "child = ReaderChild(); process = child._started();"
        f"pathlib.Path(r'{mark}').write_text(str(process.pid)); time.sleep(300)"
    )
    parent = subprocess.Popen([sys.executable, "-c", service])
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

    folder = tmp_path / "Autohaus Müller & Söhne" / ("Filiale " * 14).strip() / ("Straße " * 14).strip()
    assert len(str(folder)) > 300  # Windows' old limit is 260
    store = FileKeyStore(folder / "keys")
    store.create("stream:0a1b:id", b"k" * 32)
    assert store.secret("stream:0a1b:id") == b"k" * 32
    state = open_state(folder / "state" / "fieldgate.db", create=True)
    with state.transaction() as tx:
        tx.write("insert into meta (name, value) values ('a', 'b')")
    state.close()
    assert (folder / "state" / "fieldgate.db").exists()


def test_a_state_folder_on_another_machine_is_told_from_one_on_this_machine(tmp_path: Path) -> None:
    from agent.state.store import network_drive

    assert network_drive(tmp_path) == ""
    assert network_drive(Path(r"\\server\dms\state")) == "a Windows share"
