"""Years later somebody asks who allowed a field: names come from signatures that still count, or none are given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.core.policy.reader import Draft, read_policy
from agent.tasks import policy_watch
from agent.tasks.policy_history import Version, history
from agent.tasks.policy_life import load_for_import
from tests.cli.test_request import fieldgate
from tests.officers import ALEX, DANA, LEE, draft, next_roll, policy_bytes
from tests.tasks.server import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Version 1 sends the postal code; version 2, approved under the next roll, does not; then it is revoked."""
    made = Server(tmp_path)
    made.put_in_force()
    made.at += dt.timedelta(days=10)
    made.import_roll(next_roll(made.roll, DANA, LEE, ALEX, signed_by=(DANA, LEE)).data)
    two = without_postal_code()
    made.take(two, made.approvals(two, LEE, ALEX, replaces=draft(1)))
    made.at += dt.timedelta(days=400)
    policy_watch.revoke(made.desk, "customer-crm", "the program has ended")
    yield made
    made.desk.state.close()


def without_postal_code() -> Draft:
    lines = [line for line in policy_bytes(2).splitlines(keepends=True) if b"postal_code:" not in line]
    read = read_policy(b"".join(lines), "customer-crm.yaml")
    assert isinstance(read, Draft)
    return read


def told(server: Server, field: str | None = None) -> tuple[Version, ...]:
    with server.reading() as tx:
        return history(tx, "customer-crm", field)


def test_every_version_names_its_officers_and_days_though_all_have_ended(server: Server) -> None:
    one, two = told(server)
    assert one.approved and two.approved
    assert (one.approved.approved_by, one.stored.imported_at[:10], one.until[:10]) == (
        ("Lee Example", "Kim Example"),
        "2026-11-22",
        "2026-12-02",
    )
    assert (two.approved.approved_by, two.ended_why) == (
        ("Lee Example", "Alex Example"),
        "revoked: the program has ended",
    )


def test_one_field_is_followed_through_the_versions(server: Server) -> None:
    (only,) = told(server, "postal_code")
    assert (only.stored.version, [s.column for s in only.sends("postal_code")]) == (1, ["ZIP"])
    assert [one.stored.version for one in told(server, "email")] == [1, 2]
    assert told(server, "apr") == ()


def test_signatures_that_do_not_count_name_nobody(server: Server) -> None:
    server.tamper("update policies set signatures = '[]' where version = 1")
    one, two = told(server)
    assert (one.approved, one.problem.startswith("0 of 2 approvals")) == (None, True)
    assert (two.approved is not None, two.problem) == (True, "")


def test_the_files_written_out_hold_by_themselves(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An auditor needs no agent: policy, approvals and roll are checked from the bytes."""
    monkeypatch.chdir(server.folder)
    code, out = fieldgate("policy", "history", "--field", "email", "--out", "audit")
    assert code == 0
    assert "customer-crm v1   in force from 2026-11-22 to 2026-12-02" in out
    assert "by Lee Example, Kim Example; submitted by Dana Example; roll v1" in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 80
    folder = server.folder / "audit"
    took = load_for_import(
        folder / "customer-crm.v2.yaml",
        folder / "customer-crm.v2.approval.json",
        (folder / "roll.json").read_bytes(),
        roll_in_force=None,
        replaces=draft(1),
        today=dt.date(2026, 12, 3),
    )
    assert took.approved.approved_by == ("Lee Example", "Alex Example")


def test_a_field_that_never_left_is_said_so(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(server.folder)
    assert fieldgate("policy", "history", "--field", "apr_rate") == (0, "It was never sent.\n")
