"""Secrets stand in files nobody else can read, are never overwritten, and never show."""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import ConfigError, SealError
from agent.keys import durable
from agent.keys.store import (
    FileKeyStore,
    check_key,
    file_name,
    is_own_key,
    key_check_value,
    name_of,
    open_key_store,
)

NAMES = ["signing", "atrest", "checkpoint", "persons", "stream:0a1b:id", "stream:0a1b:nonce", "dms", "Main Store/1"]
posix = pytest.mark.skipif(os.name == "nt", reason="POSIX modes")


def refused(code: str) -> pytest.RaisesExc[ConfigError]:
    return pytest.raises(ConfigError, check=lambda e: e.code == code)


@pytest.fixture
def store(tmp_path: Path) -> FileKeyStore:
    return FileKeyStore(tmp_path / "keys")


def test_what_was_created_is_there(store: FileKeyStore) -> None:
    assert store.names() == []
    for name in NAMES:
        store.create(name, name.encode())
    assert store.names() == sorted(NAMES)
    assert [store.secret(name) for name in NAMES] == [name.encode() for name in NAMES]


def test_a_missing_key_is_never_an_empty_one(store: FileKeyStore, tmp_path: Path) -> None:
    with refused("K011"):
        store.secret("persons")
    store.create("atrest", b"x" * 32)
    with refused("K011"):
        store.secret("persons")
    durable.write(tmp_path / "keys" / file_name("persons"), b"", mode=0o600)
    with refused("K010"):
        store.secret("persons")
    for empty in (b"", b"x" * 70_000):
        with refused("K010"):
            store.create("dms", empty)


def test_nothing_is_overwritten(store: FileKeyStore) -> None:
    store.create("persons", b"first" * 8)
    with refused("K002"):
        store.create("persons", b"other" * 8)
    assert store.secret("persons") == b"first" * 8


def test_only_a_password_is_replaced(store: FileKeyStore) -> None:
    store.create("dms", b"old")
    store.replace_password("dms", b"new")
    assert store.secret("dms") == b"new"
    for name in ("signing", "atrest", "checkpoint", "persons", "stream:0a1b:id", "stream:0a1b:nonce"):
        assert is_own_key(name)
        with refused("K008"):
            store.replace_password(name, b"x" * 32)
    assert not is_own_key("dms")


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o666, 0o620, 0o610, 0o700])
def test_a_file_others_could_read_is_refused_with_the_command_that_mends_it(
    store: FileKeyStore, tmp_path: Path, mode: int
) -> None:
    store.create("dms", b"secret")
    path = tmp_path / "keys" / file_name("dms")
    path.chmod(mode)
    with refused("K003") as wide:
        store.secret("dms")
    assert wide.value.advice == f"chmod 600 {path}"
    path.chmod(0o600)
    assert store.secret("dms") == b"secret"


@posix
@pytest.mark.parametrize("mode", [0o750, 0o705, 0o755, 0o777, 0o710])
def test_a_folder_others_could_enter_is_refused_for_all_it_holds(
    store: FileKeyStore, tmp_path: Path, mode: int
) -> None:
    store.create("dms", b"secret")
    (tmp_path / "keys").chmod(mode)
    for ask in (lambda: store.secret("dms"), store.names, lambda: store.create("atrest", b"x" * 32)):
        with refused("K003") as wide:
            ask()
        assert wide.value.advice == f"chmod 700 {tmp_path / 'keys'}"
    (tmp_path / "keys").chmod(0o700)
    assert store.secret("dms") == b"secret"


@posix
def test_a_link_is_not_followed(store: FileKeyStore, tmp_path: Path) -> None:
    store.create("dms", b"secret")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"planted")
    elsewhere.chmod(0o600)
    (tmp_path / "keys" / file_name("atrest")).symlink_to(elsewhere)
    with refused("K004"):
        store.secret("atrest")
    assert store.secret("dms") == b"secret"


@posix
@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_that_belongs_to_somebody_else_is_refused(store: FileKeyStore, tmp_path: Path) -> None:
    store.create("dms", b"secret")
    os.chown(tmp_path / "keys" / file_name("dms"), 65534, -1)
    with refused("K003"):
        store.secret("dms")


def test_no_secret_shows(store: FileKeyStore) -> None:
    store.create("dms", b"hunter2-hunter2")
    with refused("K002") as e:
        store.create("dms", b"hunter2-hunter2")
    assert "hunter2" not in f"{store!r} {store!s} {vars(store)} {e.value.what} {e.value.advice} {e.value!r}"


@given(st.text(min_size=1, max_size=30))
def test_file_names_are_one_to_one_and_safe_on_windows(name: str) -> None:
    try:
        file = file_name(name)
    except (ConfigError, UnicodeEncodeError):
        return
    assert name_of(file) == name
    assert set(file) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-+%.")
    assert file.count(".") == 1
    assert file.startswith("k-")


@pytest.mark.parametrize(
    "file", ["dms.key", "k-DMS.key", "k-.key", "k-%zz.key", "k-%41", "k-%ff.key", ".k-a.key.1.tmp"]
)
def test_files_that_are_not_ours_are_not_listed(file: str) -> None:
    assert name_of(file) is None


# Stores are chosen, never guessed


def test_there_is_no_fallback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    elsewhere = () if os.name == "nt" else (("dpapi", "K006"),)
    for kind, code in (("systemd", "K005"), ("vault", "K007"), ("", "K007"), *elsewhere):
        with refused(code):
            open_key_store(kind, tmp_path)
    assert isinstance(open_key_store("file", tmp_path), FileKeyStore)


@posix
def test_systemd_credentials_are_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given_by_systemd = tmp_path / "credentials"
    given_by_systemd.mkdir(mode=0o700)
    path = given_by_systemd / file_name("dms")
    path.write_bytes(b"secret")
    path.chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given_by_systemd))
    store = open_key_store("systemd", tmp_path / "ignored")
    assert (store.names(), store.secret("dms")) == (["dms"], b"secret")
    for write in (store.create, store.replace_password):
        with refused("K013"):
            write("atrest", b"x" * 32)
    if os.name != "nt":
        path.chmod(0o444)
        with refused("K003"):
            store.secret("dms")


# Key-check values


def test_a_wrong_key_is_noticed() -> None:
    key = b"k" * 32
    kept = key_check_value("persons", key)
    naive = hmac.digest(key, b"fieldgate key-check 1\x00persons", hashlib.sha256).hex()[:16]
    assert kept == naive
    check_key("persons", key, kept)
    for name, secret in (("persons", b"l" * 32), ("atrest", key)):
        with pytest.raises(SealError, check=lambda e: e.code == "K009"):
            check_key(name, secret, kept)


@pytest.mark.parametrize(("name", "secret"), [("dms", b"a password of some length"), ("persons", b"short")])
def test_a_guessable_secret_gets_no_key_check_value(name: str, secret: bytes) -> None:
    with pytest.raises(ValueError, match="guess"):
        key_check_value(name, secret)
