"""An officer's own PC: no agent.yaml, no state, no network. Each command in text and --json, and what it refuses."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from agent.cli import approve, decide, keys, officers
from agent.errors import FieldgateError
from agent.keys.store import FileKeyStore
from tests.officers import policy_bytes

PASSPHRASE = "four plain words here"


@dataclass
class Done:
    code: int
    out: str
    error: str  # what our own error says, as `main` prints it

    def json(self) -> Any:
        return json.loads(self.out)


def fieldgate(*args: object) -> Done:
    app, policy_app = typer.Typer(), typer.Typer()
    officers.register(app)
    decide.register(app)
    keys.register(app)
    approve.register(policy_app)
    app.add_typer(policy_app, name="policy")
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    if isinstance(result.exception, FieldgateError):
        error = result.exception
        return Done(error.exit_status, result.output, f"{error.code} {error.what}; do: {error.advice}")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Done(result.exit_code, result.output, "")


@pytest.fixture
def pc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FIELDGATE_PASSPHRASE", PASSPHRASE)
    return tmp_path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dana, Lee and Kim with keys, and a roll all have signed; made once, for opening a key is slow on purpose."""
    folder = tmp_path_factory.mktemp("officers")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("FIELDGATE_PASSPHRASE", PASSPHRASE)
        for name in ("dana", "lee", "kim"):
            assert fieldgate("officers", "key", "--name", f"{name.title()} Example", "--out", name).code == 0
        members = [arg for name in ("dana", "lee", "kim") for arg in ("--member", f"{name}.officer.json")]
        assert fieldgate("officers", "add", "--genesis", *members, "--threshold", 2).code == 0
        for name in ("dana", "lee", "kim"):
            assert fieldgate("officers", "sign", "--roll", "roll.json", "--key", f"{name}.key", "--yes").code == 0
    policy = policy_bytes().replace(b"2027-06-30", day(200)).replace(b"2027-03-31", day(100))
    (folder / "customer-crm.yaml").write_bytes(policy)
    return folder


@pytest.fixture
def three(made: Path, pc: Path) -> Path:
    shutil.copytree(made, pc, dirs_exist_ok=True)
    return pc


def day(ahead: int) -> bytes:
    """The commands go by the machine's clock."""
    return str(dt.datetime.now(dt.UTC).date() + dt.timedelta(days=ahead)).encode()


def submit(who: str = "dana", *more: str) -> Done:
    return fieldgate("policy", "submit", "customer-crm.yaml", "--key", f"{who}.key", "--yes", *more)


def approved(who: str, *more: str) -> Done:
    return fieldgate("policy", "approve", "customer-crm.yaml", "--key", f"{who}.key", "--yes", *more)


def test_genesis_counts_when_all_have_signed(pc: Path) -> None:
    for name in ("dana", "lee"):
        made = fieldgate("officers", "key", "--name", f"{name.title()} Example", "--out", name, "--json").json()
        assert made["public"] == f"{name}.officer.json"
    add = ("officers", "add", "--genesis", "--member", "dana.officer.json", "--member", "lee.officer.json")
    assert fieldgate(*add, "--json").json()["waiting"]["needed"] == 2
    again = fieldgate(*add)
    assert (again.code, again.error[:4]) == (1, "R009")
    shown = fieldgate("officers", "list", "--roll", "roll.json", "--json")
    assert (shown.code, shown.json()["roll"]) == (3, None)
    fieldgate("officers", "sign", "--roll", "roll.json", "--key", "dana.key", "--yes")
    twice = fieldgate("officers", "sign", "--roll", "roll.json", "--key", "dana.key", "--yes")
    assert (twice.code, twice.error[:4]) == (1, "R007")
    assert "Next: Lee Example" in fieldgate("officers", "list", "--roll", "roll.json").out
    done = fieldgate("officers", "sign", "--roll", "roll.json", "--key", "lee.key", "--yes")
    assert "COMPLETE   officer roll version 1, 2 of 2 must approve" in done.out
    shown = fieldgate("officers", "list", "--roll", "roll.json", "--json")
    assert (shown.code, shown.json()["roll"]["threshold"], shown.json()["waiting"]) == (0, 2, None)


def test_one_officer_alone_is_asked_for_by_its_ugly_name(pc: Path) -> None:
    fieldgate("officers", "key", "--name", "Dana Example", "--out", "dana")
    plain = fieldgate("officers", "add", "--genesis", "--member", "dana.officer.json")
    assert (plain.code, plain.error[:4]) == (1, "R001")
    alone = fieldgate("officers", "add", "--genesis", "--single-officer", "--member", "dana.officer.json")
    assert "ONE officer approves alone" in alone.out


def test_a_member_file_changed_on_the_way_is_refused(three: Path) -> None:
    path = three / "lee.officer.json"
    path.write_text(path.read_text().replace("Lee Example", "Mallory Example"))
    done = fieldgate("officers", "add", "--roll", "roll.json", "--member", path)
    assert (done.code, done.error[:4]) == (1, "R010")


def test_adding_and_removing_make_a_new_roll_and_leave_the_old_one(three: Path) -> None:
    before = (three / "roll.json").read_bytes()
    fieldgate("officers", "key", "--name", "Alex Example", "--out", "alex")
    assert fieldgate("officers", "add", "--roll", "roll.json", "--member", "alex.officer.json").code == 0
    gone = fieldgate(
        "officers", "change", "--roll", "roll.json", "--remove", "kim example", "--out", "b.json", "--json"
    )
    assert [o["name"] for o in gone.json()["waiting"]["officers"]] == ["Dana Example", "Lee Example"]
    assert fieldgate("officers", "change", "--roll", "roll.json", "--remove", "Nobody", "--out", "c.json").code == 2
    stranger = fieldgate("officers", "sign", "--roll", "roll.v2.json", "--key", "alex.key", "--yes")
    assert (stranger.code, stranger.error[:4]) == (1, "R006")
    for name in ("dana", "kim"):
        fieldgate("officers", "sign", "--roll", "roll.v2.json", "--key", f"{name}.key", "--yes")
    shown = fieldgate("officers", "list", "--roll", "roll.v2.json", "--json").json()["roll"]
    assert (shown["version"], len(shown["officers"])) == (2, 4)
    assert (three / "roll.json").read_bytes() == before


def test_genesis_and_later_rolls_are_not_mixed_up(three: Path) -> None:
    for how in (("--genesis", "--roll", "roll.json"), ()):
        assert fieldgate("officers", "add", *how, "--member", "dana.officer.json").code == 2


def test_submit_and_approve_show_what_leaves_before_they_sign(three: Path) -> None:
    done = submit()
    assert done.code == 0
    for word in ("example-motors-na", "marketing", "given_name", "email", "work_phone", "0 of 2 approvals"):
        assert word in done.out
    one = approved("lee")
    assert "submitted by Dana Example" in one.out
    assert "1 of 2 approvals" in one.out
    assert "Next: another officer" in one.out
    two = approved("kim", "--json").json()
    assert (two["complete"], two["approvals"], two["approvals_needed"]) == (True, 2, 2)
    assert two["sha256"] in one.out
    assert two["approval_file"] == "customer-crm.v1.approval.json"
    for line in (done.out + one.out).splitlines():
        assert len(line) <= 80, line


def test_exit_3_where_approvals_cannot_count(three: Path) -> None:
    assert (approved("lee").code, approved("lee").error[:4]) == (3, "A001")
    submit()
    own = approved("dana")
    assert (own.code, "the author does not count" in own.error) == (3, True)
    policy = three / "customer-crm.yaml"
    policy.write_bytes(policy.read_bytes() + b"# one comment more\n")
    edited = approved("lee")
    assert (edited.code, "0 of 2 approvals" in edited.error) == (3, True)
    assert "digest wanted: sha256:" in edited.error


def test_submit_refuses_a_policy_with_problems(three: Path) -> None:
    policy = three / "customer-crm.yaml"
    policy.write_bytes(policy.read_bytes().replace(b"EMAIL1", b"SSN"))
    done = submit()
    assert (done.code, done.error[:4]) == (1, "A010")
    assert not list(three.glob("*.approval.json"))


def test_nothing_is_signed_without_a_yes(three: Path) -> None:
    done = fieldgate("policy", "submit", "customer-crm.yaml", "--key", "dana.key")
    assert (done.code, done.error[:4]) == (1, "K054")
    assert not list(three.glob("*.approval.json"))


def test_a_passphrase_never_comes_from_an_argument(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FIELDGATE_PASSPHRASE")
    done = submit()
    assert (done.code, done.error[:4]) == (1, "K051")
    (three / "secret.txt").write_text(f"{PASSPHRASE}\nsecond line\n", encoding="utf-8")
    assert submit("dana", "--passphrase-file", "secret.txt").code == 0
    monkeypatch.setenv("FIELDGATE_PASSPHRASE", "not the right words")
    wrong = approved("lee")
    assert (wrong.code, wrong.error[:4]) == (1, "K045")
    assert "not the right words" not in wrong.out + wrong.error
    assert "--passphrase " not in fieldgate("policy", "submit", "--help").out


def test_a_decision_is_asked_by_one_and_signed_by_others(three: Path) -> None:
    ask = ("decide", "reclassify", "--table", "dbo.CUSTOMER", "--column", "UDF7", "--category", "name")
    why = ("--reason", "looked at with the DMS vendor", "--until", "2099-01-01", "--key", "dana.key", "--yes")
    too_long = fieldgate(*ask, *why, "--json")
    assert (too_long.code, too_long.error[:4]) == (3, "D007")
    until = day(200).decode()
    why = (*why[:3], until, *why[4:])
    asked = fieldgate(*ask, *why, "--json").json()
    assert (asked["complete"], asked["signatures_needed"], asked["question"]["column"]) == (False, 2, "UDF7")
    assert "1 of 2 signatures" in fieldgate("decide", "sign", asked["file"], "--key", "lee.key", "--yes").out
    assert fieldgate("decide", "sign", asked["file"], "--key", "dana.key", "--yes").code == 3
    assert fieldgate("decide", "sign", asked["file"], "--key", "kim.key", "--yes", "--json").json()["complete"]
    policy = three / "customer-crm.yaml"
    policy.write_bytes(policy.read_bytes().replace(b"FIRST_NAME", b"UDF7"))
    assert submit().code == 1
    assert submit("dana", "--decision", asked["file"]).code == 0


def test_no_decision_reaches_the_floor(three: Path) -> None:
    done = fieldgate(
        "decide", "reclassify", "--table", "dbo.SALES_DEAL", "--column", "APR", "--category", "money",
        "--reason", "the OEM asks for it", "--until", day(60).decode(), "--key", "dana.key", "--yes",
    )  # fmt: skip
    assert (done.code, done.error[:4]) == (1, "D001")
    assert not list(three.glob("*.decision.json"))


@pytest.mark.parametrize(
    "question",
    [("wide-account", "--account", "fieldgate_ro"), ("release", "--recipient", "example-motors-na", "--hold", "h-1"),
     ("reset", "--stream", "0a0b", "--epoch", "2")],
)  # fmt: skip
def test_the_other_questions_are_asked_the_same_way(three: Path, question: tuple[str, ...]) -> None:
    until = day(60).decode()
    done = fieldgate(
        "decide", *question, "--reason", "explained in the incident report", "--until", until, "--key", "lee.key",
        "--out", "one.decision.json", "--yes",
    )  # fmt: skip
    assert (done.code, "0 of 2 signatures" in done.out) == (0, True)
    assert json.loads((three / "one.decision.json").read_text())["decision"]["kind"] == question[0]


def test_keys_list_says_what_a_thief_of_the_disk_gets_and_shows_no_secret(pc: Path) -> None:
    store = FileKeyStore(pc / "keys")
    for name in (
        "signing",
        "atrest",
        "persons",
        "stream:0a:id",
        "stream:0a:nonce",
        "stream:0a:pseudonym",
        "checkpoint",
    ):
        store.create(name, b"SECRETSECRETSECRETSECRETSECRET12")
    store.create("dms", b"SECRETSECRET")
    done = fieldgate("keys", "list", "--keys", pc / "keys")
    assert "SECRET" not in done.out
    assert "stream:0a:pseudonym" in done.out
    told = {
        row["name"]: row["a_thief"] for row in fieldgate("keys", "list", "--keys", pc / "keys", "--json").json()["keys"]
    }
    assert len(told) == 8
    assert "log in to the source" in told["dms"]
    assert len(set(told.values())) == 8
