"""What people see, at 80 columns, on a UTF-8 terminal, a cp1252 console and plain ASCII: held to the files in screens/.

python -m tests.cli.test_screens        writes them anew, after somebody has looked
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.cli.app import app
from agent.cli.doctor import say_findings
from agent.cli.out import say
from agent.cli.status import screen
from agent.demo import layout
from agent.demo.facts import Closing, Searched
from agent.health import Health, Leg
from agent.tasks.findings import Finding

SCREENS = Path(__file__).with_name("screens")
ENCODINGS = ("utf-8", "cp1252", "ascii")
AT = dt.datetime(2026, 11, 22, 15, 14, tzinfo=dt.UTC)
FACTS: dict[str, str | int] = {
    "zone": "America/Chicago", "today_runs": 3, "today_rows": 1204, "today_sent": 1204, "rows_read": 21115,
    "complete_as_of": "2026-11-22T08:40:00Z", "changes_read_at": "2026-11-22T15:00:00Z", "batches_accepted": 412,
    "lines_accepted": 98231, "waiting_items": 0, "waiting_lines": 0, "waiting_bytes": 0, "audit_entries": 5120,
    "nonpublic_columns": 37, "nonpublic_selected": 0, "oem_honored": 2, "oem_open": 0, "oem_p50": "4 min",
    "oem_p95": "9 min", "oem_max": "31 min",
    "dms_honored": 5, "dms_open": 1, "dms_oldest": "2 days", "last_run_at": "2026-11-22T15:00:00Z",
    "last_run_ms": 12400, "last_run_datasets": 4, "next_run_at": "2026-11-22T16:00:00Z",
}  # fmt: skip
BAD = Path(__file__).parents[1] / "policies" / "bad" / "p003-field-twice.yaml"


def legs(**said: str) -> tuple[Leg, ...]:
    usual = {"Database": "ok", "Policy": "v11 ok", "Outbox": "0 wait", "Internet": "ok", "OEM": "accepted 09:02"}
    return tuple(Leg(name, name not in said, said.get(name, text)) for name, text in usual.items())


def good() -> None:
    for line in screen(Health("WORKING", "everything up to date", legs(), FACTS, "nothing to do."), AT):
        say(line)


def waiting() -> None:
    facts = FACTS | {
        "waiting_items": 6, "waiting_lines": 3011, "waiting_bytes": 1153433, "room_days": 400,
        "next_try_at": "2026-11-22T15:19:00Z",
    }  # fmt: skip
    sentence = "example-motors-na does not take batches now: HTTP 503. Nothing to do on this server."
    found = Health(
        "WAITING", sentence, legs(OEM="HTTP 503 since 07:41"), facts, "the OEM. Nothing to do; it is tried again", [],
        ["the inventory of source händler-dms is 40 days old: fieldgate discover"],
    )  # fmt: skip
    for line in screen(found, AT):
        say(line)


def doctor() -> None:
    column = "table SERVICE_RO: column `close_dt` is not there, which line 41 of policy customer-crm names"
    say_findings(
        [
            Finding("Machine", "ok", "clock 22 Nov 2026 15:14 UTC, 3 s after the newest audit entry"),
            Finding("Machine", "ok", "41 GB free, outbox uses 2 MB (limit 2 GB)"),
            Finding("Database", "ok", "dms: connect 0.21 s   driver ODBC Driver 18 for SQL Server"),
            Finding(
                "Database", "FAIL", column, "fieldgate policy check --explain P031", "P031", "compliance officer", 1
            ),
            Finding("Policy", "ok", "customer-crm v11, approved by Jörg Müller, Ana Łukasz; ends 30 Jun 2027"),
            Finding("Network", "-", "not known without agent.yaml \N{RIGHT-TO-LEFT OVERRIDE}\x1b[2J"),
        ],
        1,
    )


def command(*argv: str) -> None:
    with contextlib.suppress(SystemExit):
        app(list(argv))


def policy_check() -> None:
    lines = BAD.read_text("utf-8").replace("2027-", "2099-").splitlines()
    Path("customer-crm.yaml").write_text(
        "\n".join(f"{line}  # note: größer → besser" for line in lines) + "\n", "utf-8"
    )
    command("policy", "check", "customer-crm.yaml")


def discover() -> None:
    heads = "table_schema,table_name,kind,column_name,type,nullable,comment,generated,definition"
    names = ("CUST_NO", "EMAIL1", "STRASSE_HAUPTWOHNSITZ", "Größe", "SSN", "CASH_DOWN", "UDF_07")
    rows = [f"dbo,CUSTOMER,table,{name},varchar(40),YES,,," for name in names]
    Path("names.csv").write_text("\n".join([heads, *rows]) + "\n", "utf-8")
    command("discover", "--from", "names.csv", "--dialect", "sqlserver")


def demo_end() -> None:
    found = Searched(135_375, 10, 10, 65.8, 16.7, (), 0, (), 2, 2820, 2820, 106, 106, 106, 0)
    for line in (*layout.searched(found, "PostgreSQL"), *layout.closing(Closing(19_820, 198, True, 119.0), 89)):
        say(line)
    for line in layout.next_steps("fieldgate-demo"):
        say(line)


SHOWN: dict[str, Callable[[], None]] = {
    "status-good": good, "status-waiting": waiting, "doctor": doctor, "policy-check": policy_check,
    "discover": discover, "demo-end": demo_end,
}  # fmt: skip


def shown(name: str, encoding: str) -> str:
    """What the terminal of this encoding gets, byte for byte."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding, errors="strict", newline="\n")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        SHOWN[name]()
    out.flush()
    return raw.getvalue().decode(encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", SHOWN)
def test_the_screen_is_as_somebody_has_looked_at_it(
    name: str, encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    said = shown(name, encoding)
    assert said == (SCREENS / f"{name}.{encoding}.txt").read_text("utf-8")
    assert max(map(len, said.splitlines())) <= 80
    assert "\x1b" not in said
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in said


if __name__ == "__main__":
    import tempfile

    SCREENS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for one in SHOWN:
            for kind in ENCODINGS:
                (SCREENS / f"{one}.{kind}.txt").write_text(shown(one, kind), "utf-8")
    sys.stdout.write(f"{len(SHOWN) * len(ENCODINGS)} screens in {SCREENS.name}/: look at them\n")
