"""Real ODBC drivers made to hang and to crash: the child is killed or found dead, the supervisor says so in our words,
and the next reading starts a new one."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from agent.core.jobs import ChoicesJob
from agent.core.source import SourceSettings
from agent.demo.odbc_drivers import driver_for
from agent.errors import SourceError
from agent.service import supervisor
from agent.service.supervisor import ReaderChild
from tests.rules import choices
from tests.service.test_reader import RULES

# The few doors the driver manager goes through before it asks for a connection; DO_IT is what the driver does then.
DRIVER = """
#include <stdlib.h>
#include <unistd.h>
short SQLAllocHandle(short kind, void *in, void **out) { *out = malloc(64); return 0; }
short SQLFreeHandle(short kind, void *handle) { return 0; }
short SQLSetEnvAttr(void *h, int a, void *v, int n) { return 0; }
short SQLSetConnectAttr(void *h, int a, void *v, int n) { return 0; }
short SQLSetConnectAttrW(void *h, int a, void *v, int n) { return 0; }
short SQLGetInfo(void *h, unsigned short t, void *v, short n, short *l) { return -1; }
short SQLDisconnect(void *h) { return 0; }
short SQLDriverConnect(void *h, void *w, void *in, short n, void *out, short m, short *l, unsigned short c)
{ DO_IT; return 0; }
short SQLDriverConnectW(void *h, void *w, void *in, short n, void *out, short m, short *l, unsigned short c)
{ DO_IT; return 0; }
"""


def hanging_driver(folder: Path, does: str = "pause()") -> Path:
    if shutil.which("cc") is None:
        pytest.skip("no C compiler: no driver can be built")
    source, built = folder / "driver.c", folder / "driver.so"
    source.write_text(DRIVER)
    subprocess.run(["cc", "-shared", "-fPIC", "-w", f"-DDO_IT={does}", "-o", built, source], check=True)
    return built


def driver(folder: Path, does: str) -> SourceSettings:
    return SourceSettings("dms", str(hanging_driver(folder, does)), "generic", server="dms01", statement_s=1)


def job(settings: SourceSettings) -> ChoicesJob:
    return ChoicesJob(settings, "", choices(), b"p" * 32, [], 10)


def healthy(folder: Path) -> ChoicesJob:
    database = folder / "dms.sqlite"
    with contextlib.closing(sqlite3.connect(database)) as db, db:
        db.execute("create table CUSTOMER (CUST_NO integer primary key, OPT_OUT)")
        db.execute("insert into CUSTOMER values (1, 'Y')")
    settings = SourceSettings("dms", driver_for("sqlite"), "sqlite", database=str(database))
    return ChoicesJob(settings, "", RULES, b"p" * 32, [(None, None)], 10)


@pytest.mark.parametrize(("does", "code"), [("pause()", "FG-S22"), ("abort()", "FG-S21"), ("*(int *)8 = 1", "FG-S21")])
def test_a_driver_that_hangs_or_crashes_takes_nothing_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str, code: str
) -> None:
    # One that crashes has all the time a loaded machine needs to start a child; only one that hangs is waited out.
    monkeypatch.setattr(supervisor, "_GRACE_S", 4 if code == "FG-S22" else 120)
    broken, began = job(driver(tmp_path, does)), time.monotonic()
    with ReaderChild() as reader:
        with pytest.raises(SourceError, match=code):
            list(reader.read(broken))
        assert time.monotonic() - began < 100
        monkeypatch.setattr(supervisor, "_GRACE_S", 120)
        assert len(list(reader.read(healthy(tmp_path)))) == 1, "a new child reads as if nothing had been"
