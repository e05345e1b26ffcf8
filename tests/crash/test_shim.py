"""The shim and the disk model, proven on programs whose fate is known: what was synced stays, what was not goes."""

from __future__ import annotations

import copy
import os
import random
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.crash.disk import Disk
from tests.crash.shim import Op, Plan, library, read_log

ROOT = Path(__file__).parents[2]


def told(folder: Path, program: str, plan: Plan | None = None) -> tuple[subprocess.CompletedProcess[str], list[Op]]:
    """Run a program with the shim over `folder`; what it ended with, and every operation it did there."""
    log = folder.with_name("log")
    log.unlink(missing_ok=True)
    text = (plan or Plan(record=True)).text(folder, folder / "none", log, Path(), Path())
    env = os.environ | {"LD_PRELOAD": str(library()), "FG_SHIM_PLAN": text, "PYTHONPATH": str(ROOT)}
    env |= {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done, read_log(log)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    made.mkdir(mode=0o700)
    (made / "old").write_bytes(b"before")
    return made


def after_power_cut(folder: Path, program: str) -> dict[str, bytes]:
    disk = Disk(folder)
    done, ops = told(folder, program)
    assert done.returncode == 0, done.stderr
    disk.after(ops).cut(None)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


_WRITE = "import os; f = os.open('old', os.O_WRONLY); os.write(f, b'AFTER!'); {sync}; os._exit(0)"
_NEW = "import os; f = os.open('new', os.O_WRONLY | os.O_CREAT); os.write(f, b'x'); os.fsync(f); {sync}; os._exit(0)"
_FOLDER = "os.fsync(os.open('.', os.O_RDONLY))"


def test_a_write_is_safe_after_fsync_and_gone_without(folder: Path) -> None:
    assert after_power_cut(folder, _WRITE.format(sync="0")) == {"old": b"before"}
    assert after_power_cut(folder, _WRITE.format(sync="os.fsync(f)")) == {"old": b"AFTER!"}


def test_a_new_name_is_safe_after_fsync_of_its_folder_and_gone_without(folder: Path) -> None:
    assert after_power_cut(folder, _NEW.format(sync="0")) == {"old": b"before"}
    assert after_power_cut(folder, _NEW.format(sync=_FOLDER)) == {"old": b"before", "new": b"x"}


_SQL = """
import sqlite3, os
db = sqlite3.connect('state.db', isolation_level=None)
db.execute('pragma journal_mode=wal'); db.execute('pragma synchronous={level}')
db.execute('create table t (a)'); db.execute("insert into t values (7)")
os._exit(0)
"""


@pytest.mark.parametrize(("level", "kept"), [("full", [(7,)]), ("off", None)])
def test_a_commit_survives_with_synchronous_full_and_does_not_with_off(
    folder: Path, level: str, kept: list[tuple[int]] | None
) -> None:
    """The two halves of the proof: the same program, the same cut, and only the PRAGMA differs."""
    import sqlite3

    after_power_cut(folder, _SQL.format(level=level))
    found = None
    if (folder / "state.db").exists():
        db = sqlite3.connect(folder / "state.db")
        if db.execute("select 1 from sqlite_master where name = 't'").fetchone():
            found = db.execute("select a from t").fetchall()
        db.close()
    assert found == kept


@pytest.mark.parametrize("call", ["write", "write_new"])
def test_a_durable_write_is_whole_or_not_there_wherever_the_power_goes(folder: Path, call: str) -> None:
    """Keys, decisions, rolls and policies all go through this function: cut behind every operation, in every way."""
    target, old, new = ("old", b"before", b"N" * 3000) if call == "write" else ("fresh", None, b"N" * 3000)
    disk = Disk(folder)
    program = f"""
    from pathlib import Path
    from agent.keys import durable
    durable.{call}(Path({target!r}).resolve(), b'N' * 3000)
    """
    done, ops = told(folder, program)
    assert done.returncode == 0, done.stderr
    assert [op.kind for op in ops] in (list("cwsrs"), list("cwslus"))
    for end in range(len(ops) + 1):
        for seed in (None, *range(12)):
            there = copy.deepcopy(disk).after(ops[:end])
            there.cut(None if seed is None else random.Random(seed))
            found = (folder / target).read_bytes() if (folder / target).exists() else None
            assert found == new or (end < len(ops) and found == old), (end, seed)


@pytest.mark.parametrize(
    ("fault", "status", "left"),
    [
        ("none", 0, b"AFTER!"), ("failed", 5, b"before"), ("happened", 5, b"AFTER!"), ("disk full", 28, b"AFTore"),
        ("killed before", -9, b"before"), ("killed after", -9, b"AFTER!"),
    ],
)  # fmt: skip
def test_each_fault_does_what_it_is_called(folder: Path, fault: str, status: int, left: bytes) -> None:
    """28 is ENOSPC, 5 is EIO. A full disk takes the first half of a write, and then says so."""
    program = """
    import os
    try:
        f, data = os.open('old', os.O_WRONLY), b'AFTER!'
        while data:
            data = data[os.write(f, data):]
    except OSError as error:
        os._exit(error.errno)
    """
    done, ops = told(folder, program, Plan("f", 1, fault))
    assert done.returncode == status, done.stderr
    assert (folder / "old").read_bytes() == left
    assert [op.fired for op in ops][:1] == [fault != "none"]
