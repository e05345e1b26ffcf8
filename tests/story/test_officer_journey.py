"""The officers' story on two machines: a PC that knows no agent.yaml, state or network, and the dealer's server. Files
travel between the two; every step is the command a person types."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import config
from agent.core.officer import read_officer
from agent.core.roll import read_roll
from agent.demo import servers
from agent.demo.dms import tables
from agent.dms.catalog import COLUMNS
from agent.dms.catalog_sql import CATALOG
from agent.keys.officer_key import open_officer_key
from agent.receiver import serve
from agent.tasks import desk as desks
from tests.cli.test_request import PASSPHRASE, fieldgate
from tests.officers import Person
from tests.story.world import OEM, SHIPPED, Clock, World

NAMES = ("dana", "lee", "kim")
FOLDER = SHIPPED.parent


_TODAY = dt.datetime.now(dt.UTC).date()  # as this story begins: midnight may pass in the middle of it


def day(ahead: int) -> str:
    return (_TODAY + dt.timedelta(days=ahead)).isoformat()


def policy_text(schema: str) -> str:
    """The shipped policy as version 1, for this DMS, with a contract that does not end while we test."""
    text = SHIPPED.read_text("utf-8").replace("dbo.", f"{schema}.").replace("version: 4", "version: 1")
    return text.replace("2027-06-30", day(200)).replace("2027-03-31", day(100))


@pytest.fixture(scope="module")
def pc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The officers' folder: keys, a signed roll, the request, the examples."""
    folder = tmp_path_factory.mktemp("pc")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("FIELDGATE_PASSPHRASE", PASSPHRASE)
        for name in NAMES:
            assert fieldgate("officers", "key", "--name", f"{name.title()} Example", "--out", name)[0] == 0
        members = [part for name in NAMES for part in ("--member", f"{name}.officer.json")]
        assert fieldgate("officers", "add", "--genesis", *members, "--threshold", 2)[0] == 0
        for name in NAMES:
            assert fieldgate("officers", "sign", "--roll", "roll.json", "--key", f"{name}.key", "--yes")[0] == 0
        assert fieldgate("officers", "list", "--roll", "roll.json")[0] == 0
    shutil.copytree(FOLDER / "requests", folder / "requests")
    (folder / "tests").mkdir()
    examples = (FOLDER / "tests" / "customer-crm.yaml").read_text("utf-8")
    (folder / "tests" / "customer-crm.yaml").write_text(examples.replace("dbo.", "main."), "utf-8")
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, pc: Path) -> Iterator[World]:
    """The dealer's server, with a DMS, an OEM that listens, and nothing approved yet."""
    folder = tmp_path_factory.mktemp("server")
    dms = servers.start("sqlite", folder / "dms")
    dms.load(tables(7, 30))
    clock = Clock(at=dt.datetime.now(dt.UTC))
    oem = serve.start_in_thread(folder / OEM, name=OEM, clock=lambda: dt.datetime.now(dt.UTC))
    people = tuple(
        Person(read_officer((pc / f"{n}.officer.json").read_bytes()), open_officer_key(pc / f"{n}.key", PASSPHRASE))
        for n in NAMES
    )
    made = World(folder / "agent", dms, {OEM: oem}, clock, people)
    (made.folder / "policies").mkdir(parents=True)
    made.write_config()
    made.config = config.load(made.folder / "agent.yaml")
    desks.create_home(made.config)
    made.open()
    made.keep_names()
    yield made
    made.desk.state.close()
    oem.stop()


def on_server(server: World, *args: object) -> tuple[int, str]:
    """As IT types it there; the run itself is a process of its own."""
    if args[0] != "run":
        here = Path.cwd()
        os.chdir(server.folder)
        try:
            return fieldgate(*args, "--config", "agent.yaml")
        finally:
            os.chdir(here)
    argv = [sys.executable, "-c", "from agent.cli import main; main()", *map(str, args), "--config", "agent.yaml"]
    done = subprocess.run(argv, cwd=server.folder, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def send_to_server(server: World, *files: Path) -> None:
    """By mail, or on a stick."""
    for file in files:
        shutil.copy(file, server.folder / ("policies" if file.suffix == ".yaml" else "") / file.name)


def test_a_policy_from_its_first_draft_to_its_end(pc: Path, server: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(pc)
    monkeypatch.setenv("FIELDGATE_PASSPHRASE", PASSPHRASE)
    monkeypatch.delenv("FIELDGATE_CONFIG", raising=False)
    _the_roll_is_taken_over(pc, server)
    _the_dba_sends_the_names(pc, server)
    first = _draft_check_mend_test(pc)
    _submitted_and_approved(pc, server, first)
    assert _runs(server, 1, digest_of(pc))
    second = _a_second_version_says_what_it_would_change(pc)
    _submitted_and_approved(pc, server, second, replaces=pc / "in-force.yaml")
    assert _runs(server, 2, digest_of(pc))
    _an_edit_un_approves(server, digest_of(pc))
    _the_server_ends_it_and_cannot_start_it_again(pc, server)
    assert not (pc / "agent.yaml").exists()
    assert not (pc / "state").exists()


def digest_of(pc: Path) -> str:
    from agent.core.policy.reader import digest

    return digest((pc / "customer-crm.yaml").read_bytes())


def _the_roll_is_taken_over(pc: Path, server: World) -> None:
    send_to_server(server, pc / "roll.json")
    code, out = on_server(server, "officers", "import", "roll.json")
    assert code == 0
    assert "IN FORCE   officer roll version 1, 2 must approve" in out
    server.roll = read_roll((pc / "roll.json").read_bytes(), None)
    server.excuse_sqlite()
    server.enroll()


def _the_dba_sends_the_names(pc: Path, server: World) -> None:
    """What `discover --print-query` asked for: names only, the same file for the officers and for the server."""
    with (pc / "names.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(["" if cell is None else cell for cell in row] for row in server.sql(CATALOG["sqlite"]))
    send_to_server(server, pc / "names.csv")
    code, out = on_server(server, "discover", "--from", "names.csv")
    assert (code, "columns in 9 tables, kept" in out) == (0, True), out


def _draft_check_mend_test(pc: Path) -> Path:
    request = pc / "requests" / "example-motors-na.crm-2026.2.request.yaml"
    assert fieldgate("policy", "new", "--for", request, "--inventory", "names.csv", "--out", "draft.yaml")[0] == 0
    code, out = fieldgate("policy", "check", "draft.yaml")
    assert (code, "error[P040]" in out) == (1, True)

    mine = pc / "customer-crm.yaml"
    good = policy_text("main")
    mine.write_text(
        good.replace("      sale_id:  ", "      apr: {column: APR, category: money, type: integer}\n      sale_id:  ")
    )
    code, out = fieldgate("policy", "check", mine)
    assert code == 1
    assert "error[P020]: nonpublic: `APR`" in out
    code, out = fieldgate("policy", "submit", mine, "--key", "dana.key", "--yes")
    assert (code, "A010" in out) == (1, True)  # nobody signs what has problems

    mine.write_text(good)
    assert fieldgate("policy", "check", mine)[0] == 0
    code, out = fieldgate("policy", "test", mine, "--mutate")
    assert code == 0, out
    assert "118 of 118 small changes of the policy are noticed by an example" in out
    return mine


def _submitted_and_approved(pc: Path, server: World, policy: Path, replaces: Path | None = None) -> None:
    old = ["--replaces", replaces] if replaces else []
    names = ["--inventory", "names.csv"]
    code, out = fieldgate("policy", "submit", policy, "--key", "dana.key", "--yes", *old, *names)
    assert code == 0, out
    (approval,) = pc.glob(f"*.v{2 if replaces else 1}.approval.json")
    before = fieldgate("policy", "approve", policy, "--key", "dana.key", "--yes")
    assert (before[0], "the author does not count" in before[1]) == (3, True)
    shorter = pc / "shorter.csv"
    lines = (pc / "names.csv").read_text("utf-8").splitlines(keepends=True)
    shorter.write_text("".join(line for line in lines if "AMT_FINANCED" not in line), "utf-8")
    other = fieldgate("policy", "approve", policy, "--key", "lee.key", "--yes", "--inventory", shorter)
    assert (other[0], "A027" in other[1]) == (1, True)
    assert fieldgate("policy", "approve", policy, "--key", "lee.key", "--yes", *names)[0] == 0
    send_to_server(server, policy, approval)
    import_it = ("policy", "import", f"policies/{policy.name}", "--approval", approval.name)
    code, out = on_server(server, *import_it)
    assert code == 3
    assert "1 of 2 approvals" in out
    assert digest_of(pc) in out
    assert fieldgate("policy", "approve", policy, "--key", "kim.key", "--yes")[0] == 0
    send_to_server(server, approval)
    code, out = on_server(server, *import_it)
    assert code == 0, out
    assert "approved by Lee Example, Kim Example" in out
    assert "its names mean what they meant in the list the officers had" in out


def _runs(server: World, version: int, sha256: str) -> bool:
    """Whether every manifest of this run names the policy that was approved."""
    from agent.core.jws import unb64url
    from agent.state import outbox

    code, out = on_server(server, "run", "--once")
    assert code == 0, out
    with server.desk.state.reading() as tx:
        manifests = [json.loads(unb64url(b.manifest.split(".")[1])) for b in outbox.batches(tx) if b.state == "settled"]
    newest = [m["policy"] for m in manifests if m["policy"]["version"] == version]
    return bool(newest) and all(p == {"name": "customer-crm", "version": version, "sha256": sha256} for p in newest)


def _a_second_version_says_what_it_would_change(pc: Path) -> Path:
    mine, old = pc / "customer-crm.yaml", pc / "in-force.yaml"
    shutil.copy(mine, old)
    text = mine.read_text("utf-8").replace("version: 1", "version: 2").replace("{keep_first: 3}", "{keep_first: 5}")
    mine.write_text(text.replace("type: text 30}", "type: text 20}"))
    code, out = fieldgate("policy", "diff", old, mine)
    assert code == 3
    assert "MORE data would leave\n  + customers.postal_code        the first 5 characters, not the first 3" in out
    assert "LESS data would leave\n  - vehicles.model               type text 20, not text 30" in out
    code, out = fieldgate("policy", "test", mine)
    assert (code, "postal_code: expected 303, found 30301" in out) == (1, True)
    examples = pc / "tests" / "customer-crm.yaml"
    examples.write_text(examples.read_text("utf-8").replace('postal_code: "303"', 'postal_code: "30301"'))
    assert fieldgate("policy", "test", mine)[0] == 0
    return mine


def _an_edit_un_approves(server: World, wanted: str) -> None:
    copy = server.folder / "policies" / "customer-crm.yaml"
    approved = copy.read_bytes()
    copy.write_bytes(approved.replace(b"{keep_first: 5}", b"{keep_first: 9}"))
    for command in (("run", "--once"), ("policy", "list")):
        code, out = on_server(server, *command)
        assert code == 3
        assert "edited after its approval" in out
        assert command[0] == "policy" or f"digest wanted: {wanted}" in out
    copy.write_bytes(approved)
    code, out = on_server(server, "policy", "list")
    left = [days for days in (200, 199) if f"IN FORCE   customer-crm v2, until {day(200)} ({days} days)" in out]
    assert (code, len(left)) == (0, 1), out


def _the_server_ends_it_and_cannot_start_it_again(pc: Path, server: World) -> None:
    code, out = on_server(server, "policy", "diff", "policies/customer-crm.yaml")
    assert (code, "No effect" in out) == (0, True)
    _the_server_knows_what_was_sent_before(pc, server)
    code, out = on_server(server, "policy", "revoke", "customer-crm", "--reason", "asked by the owner")
    assert (code, "ENDED   customer-crm v2" in out) == (0, True)
    code, out = on_server(server, "policy", "list")
    assert code == 3
    assert "revoked: asked by the owner" in out
    code, out = on_server(server, "run", "--once")
    assert (code, "no approved policy is in force" in out) == (3, True)
    code, out = on_server(
        server, "policy", "import", "policies/customer-crm.yaml", "--approval", "customer-crm.v2.approval.json"
    )
    assert (code, "version 2, which is in force" in out or "cannot take the place" in out) == (3, True)


def _the_server_knows_what_was_sent_before(pc: Path, server: World) -> None:
    """From our own state: first time ever or not, since when, and how many records left."""
    text = (pc / "customer-crm.yaml").read_text("utf-8").replace("version: 2", "version: 3")
    text = text.replace("{column: FIRST_NAME, ", "{column: MIDDLE_NAME,")
    lines = [line for line in text.splitlines() if not line.startswith("      language:")]
    at = next(i for i, line in enumerate(lines) if line.startswith("      email: "))
    lines.insert(at, "      city: {column: CITY, category: city, type: text 40}")
    (server.folder / "draft.yaml").write_text("\n".join(lines) + "\n", "utf-8")
    code, out = on_server(server, "policy", "diff", "draft.yaml")
    assert code == 3, out
    left = sum(key[1] == "customers" for key in server.held())
    assert left > 0
    since = tuple(f"customer-crm   v2 (in force since {day(ahead)})" for ahead in (0, 1))
    assert out.splitlines()[0].startswith(since)
    assert out.splitlines()[2] == f"{'MORE data would leave':<62}2 approvals needed"
    told = f"      First seen in any policy.  {left} records of this dataset left in 90 days."
    assert f"  + customers.city               city data, for: marketing\n{told}\n" in out
    assert "  + customers.given_name         would hold MIDDLE_NAME, not FIRST_NAME" in out
    assert "  - customers.language           was sent since v1" in out
