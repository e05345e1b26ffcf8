"""The state file: everything or nothing, one writer, and each fault in one sentence."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest

from agent.errors import Retry, StateError
from agent.state.store import open_state


def test_a_transaction_is_everything_or_nothing(tmp_path: Path) -> None:
    state = open_state(tmp_path / "s.db", create=True)
    with pytest.raises(RuntimeError, match="killed"), state.transaction() as tx:
        tx.write("insert into meta values ('a', '1')")
        raise RuntimeError("killed")
    with state.transaction() as tx:
        assert tx.rows("select * from meta where name <> 'opens_from_form'") == []
        tx.write("insert into meta values ('a', '1')")
    state.close()
    with open_state(tmp_path / "s.db").reading() as tx:
        assert tx.rows("select name from meta where name <> 'opens_from_form'") == [("a",)]


def test_a_write_that_finds_another_situation_is_refused(tmp_path: Path) -> None:
    state = open_state(tmp_path / "s.db", create=True)
    with pytest.raises(StateError, match="FG-T03"), state.transaction() as tx:
        tx.write("insert into meta values ('a', '1')")
        tx.write("update meta set value = '2' where name = 'b'", expect=1)
    with state.reading() as tx:
        assert tx.rows("select * from meta where name <> 'opens_from_form'") == []
    state.close()


def test_it_is_durable_private_and_forgets_what_is_deleted(tmp_path: Path) -> None:
    path = tmp_path / "state" / "s.db"
    state = open_state(path, create=True)
    with state.reading() as tx:
        asked = {name: tx.rows(f"pragma {name}")[0][0] for name in ("journal_mode", "synchronous", "secure_delete")}
    assert asked == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}
    if os.name != "nt":  # the folder's list says it there (tests/windows)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    state.close()


def test_a_missing_file_is_not_made_by_accident(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="FG-T01"):
        open_state(tmp_path / "s.db")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["head", "middle", "cut", "text"])
def test_a_damaged_file_is_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "s.db"
    open_state(path, create=True).close()
    data = bytearray(path.read_bytes())
    if damage == "head":
        data[:16] = b"x" * 16
    elif damage == "middle":
        data[4096:12288] = b"\xff" * 8192
    elif damage == "cut":
        del data[len(data) // 2 :]
    else:
        data = bytearray(b"not a database, 219-09-9999")
    path.write_bytes(data)
    for suffix in ("-wal", "-shm"):
        (tmp_path / f"s.db{suffix}").unlink(missing_ok=True)
    with pytest.raises(StateError) as refusal:
        open_state(path)
    assert refusal.value.code in ("FG-T08", "FG-T07")
    assert "219" not in str(refusal.value)


@pytest.mark.parametrize("form", ["2", "nonsense"])
def test_a_file_that_only_newer_versions_may_open_is_left_alone(tmp_path: Path, form: str) -> None:
    path = tmp_path / "s.db"
    open_state(path, create=True).close()
    db = sqlite3.connect(path)
    db.execute("pragma user_version = 999")
    db.commit()
    open_state(path).close()  # the innocent half: a rollback, and the newer form only added something
    db.execute("update meta set value = ? where name = 'opens_from_form'", (form,))
    db.commit()
    db.close()
    before = path.read_bytes()
    with pytest.raises(StateError, match="newer"):
        open_state(path)
    assert path.read_bytes()[:4096] == before[:4096]


def test_a_second_writer_is_told_to_wait(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    one, two = open_state(path, create=True), open_state(path)
    two._conn.execute("pragma busy_timeout = 50")
    with one.transaction() as tx:
        tx.write("insert into meta values ('a', '1')")
        with pytest.raises(StateError) as refusal, two.transaction():
            pass
    assert (refusal.value.code, refusal.value.retry) == ("FG-T02", Retry.LATER)
    one.close()
    two.close()


def test_a_read_only_file_names_who_must_act(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    state = open_state(path, create=True)
    state._conn.execute("pragma query_only = 1")
    with pytest.raises(StateError) as refusal, state.transaction() as tx:
        tx.write("insert into meta values ('a', '1')")
    assert refusal.value.code == "FG-T06"
    state.close()


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    state = open_state(tmp_path / "s.db", create=True)
    state._conn.execute("pragma max_page_count = 60")
    with pytest.raises(StateError) as refusal, state.transaction() as tx:
        tx.write("insert into meta values ('big', ?)", ("x" * 10**6,))
    assert (refusal.value.code, refusal.value.retry) == ("FG-T05", Retry.LATER)
    with state.reading() as tx:
        assert tx.rows("select * from meta where name <> 'opens_from_form'") == []
    state.close()
