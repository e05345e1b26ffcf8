"""Scenes 1 and 2: what the car maker asks for and what the dealer answers; and whether the agent could read more."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from agent.core.access import AccessRecord, ColumnAnswer, read_access_record
from agent.core.approval import ApprovedPolicy
from agent.core.grants import grants
from agent.core.policy.request import Answered, answer_to, read_request
from agent.demo import people
from agent.demo.dms_schema import SCHEMA
from agent.demo.engine import LoggedStatement
from agent.demo.facts import Access, Asked, Refusal
from agent.demo.people import Officers
from agent.demo.shipped import POLICY, REQUEST, shipped
from agent.demo.stage import SOURCE, Stage, now
from agent.dms.catalog import read_inventory
from agent.dms.catalog_sql import CATALOG, COLUMNS
from agent.dms.dialects import DIALECTS
from agent.errors import ConfigError
from agent.state import evidence
from agent.tasks.access import confirm_access, probe_source, queries_of
from agent.tasks.permission import policies_in_force
from agent.tasks.pins import keep_inventory

_SHOWN = {
    ("SALES_DEAL", "CASH_DOWN"): "down payment",
    ("SALES_DEAL", "TERM"): "loan term",
    ("SALES_DEAL", "AMT_FINANCED"): "amount financed",
}
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
Place = tuple[str, str]  # table, column


def nonpublic_columns() -> frozenset[Place]:
    """What the make-believe DMS itself labels nonpublic."""
    return frozenset((t.name, c.name) for t in SCHEMA.values() for c in t.columns if c.label == "NPI")


# Scene 1


def ask_and_answer(stage: Stage, officers: Officers) -> Asked:
    """The request, the policy that answers it, and its approval by real keys."""
    path = stage.config.policies / POLICY
    path.write_bytes(shipped(POLICY).replace(b"dbo.", f"{stage.engine.schema}.".encode()))
    _keep_names(stage)  # what the names mean is pinned when the policy is imported
    approved = people.approve_policy(stage, officers, path)
    answer = _answer(approved)
    sent, declined, never, unanswered = (
        tuple(_meaning(one) for one in answer if one.standing == standing)
        for standing in ("sent", "declined", "never", "unanswered")
    )
    facts = stage.facts
    policy = policies_in_force(stage.desk).policies[0]
    selected = {field.name for dataset in policy.datasets for field in dataset.fields}
    by_name = {one.field.name: one.standing for one in answer}
    facts.same("fields sent", "the answer", len(sent), "the compiled ruleset", len(selected & set(by_name)))
    facts.same(
        "fields never sent that a query selects", "the answer",
        0, "the compiled ruleset", sum(by_name.get(name) in ("never", "declined") for name in selected),
    )  # fmt: skip
    facts.same("approvals", "the roll's threshold", officers.roll.threshold, "the state", len(approved.approved_by))
    return Asked(
        asked=len(answer),
        sent=sent,
        declined=declined,
        never=never,
        unanswered=unanswered,
        policy=policy.name,
        version=policy.version,
        approvals=len(approved.approved_by),
        officers_needed=officers.roll.threshold,
        ends_on=policy.ends_on.isoformat(),
    )


def _answer(approved: ApprovedPolicy) -> tuple[Answered, ...]:
    request = read_request(shipped(REQUEST), REQUEST)
    if isinstance(request, tuple):
        raise ConfigError("demo-shipped", f"the shipped request has a problem: {request[0].code}", "install again")
    return answer_to(request, [approved.draft.document]).fields


def _meaning(one: Answered) -> str:
    return one.field.meaning


# Scene 2


def could_it_read(stage: Stage, officers: Officers) -> Access:
    """The DBA's part (grants), then the question through the agent's own account, kept as access record."""
    ruleset = policies_in_force(stage.desk)
    queries = queries_of(stage.desk, ruleset, SOURCE)
    _run_grants(stage)
    until = ""
    if not stage.enforces:
        until = people.excuse_wide_account(stage, officers).expires_on.isoformat()
    confirm_access(stage.desk, ruleset, probe_source)
    record = access_record(stage)
    hidden = nonpublic_columns()
    named = {(table.name, column) for query in queries for table, column in query.touches}
    refused = _places(record.refused)
    asked = refused | _places(record.readable) | _places(record.not_shown)
    if stage.enforces:
        _compare_with_the_server(stage, refused)
        stage.facts.same("nonpublic columns", "the DMS's labels", len(hidden), "refused", len(hidden & refused))
    stage.facts.same("nonpublic columns named by a query", "expected", 0, "the compiled queries", len(named & hidden))
    stage.facts.same(
        "columns neither granted nor refused", "expected", 0, "access record",
        len(asked - refused) if stage.enforces else 0,
    )  # fmt: skip
    codes = {(answer.table, answer.column): answer.code for answer in record.refused}
    return Access(
        status=record.status,
        engine=stage.engine_name,
        shown=tuple(Refusal(m, f"{t}.{c}", codes[t, c]) for (t, c), m in _SHOWN.items() if (t, c) in codes),
        nonpublic=len(hidden),
        nonpublic_refused=len(hidden & refused),
        others=len(asked - hidden),
        others_refused=len(refused - hidden),
        readable=len(record.readable),
        columns=sum(len(table.columns) for table in SCHEMA.values()),
        named=len(named),
        named_nonpublic=len(named & hidden),
        decision_until=until,
    )


def access_record(stage: Stage) -> AccessRecord:
    """The newest one, as it is kept in the state."""
    with stage.desk.state.reading() as tx:
        kept = evidence.access_record(tx, SOURCE)
    if kept is None:
        raise AssertionError("confirm_access keeps a record or raises")
    return read_access_record(kept[3])


def _keep_names(stage: Stage) -> None:
    """The inventory as a DBA sends it: `fieldgate discover --print-query`, run as the owner."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    dialect = stage.engine.settings.dialect
    writer.writerows(["" if cell is None else cell for cell in row] for row in stage.engine.admin(CATALOG[dialect]))
    keep_inventory(stage.desk, read_inventory(out.getvalue().encode(), SOURCE, dialect, now()))


def _run_grants(stage: Stage) -> None:
    settings = stage.engine.settings
    account = f"{settings.user}@127.0.0.1" if stage.engine.kind == "mariadb" else settings.user
    queries = queries_of(stage.desk, policies_in_force(stage.desk), SOURCE)
    for statement in grants(queries, DIALECTS[settings.dialect], account):
        stage.engine.admin(statement)


def _places(answers: Iterable[ColumnAnswer]) -> set[Place]:
    return {(answer.table, answer.column) for answer in answers}


def _compare_with_the_server(stage: Stage, refused: set[Place]) -> None:
    """The server's own log must hold a denial for every column that the access record calls refused, and no other."""
    every = frozenset((table.name, column) for table in SCHEMA.values() for column in table.names)
    denied: set[Place] = set()
    for statement in own_statements(stage):
        if statement.error_code:
            denied |= columns_named(statement.statement, every)
    stage.facts.same("columns refused", "access record", len(refused), f"{stage.engine_name}'s own log", len(denied))


def own_statements(stage: Stage) -> list[LoggedStatement]:
    """What the server says the agent's account has asked so far."""
    return [s for s in stage.engine.statement_log() if s.role == stage.engine.settings.user]


def columns_named(statement: str, among: frozenset[Place]) -> set[Place]:
    """The columns of `among` whose table and name both stand in the statement, whatever the clause or the quoting."""
    words = {word.casefold() for word in _WORD.findall(statement)}
    return {(t, c) for t, c in among if t.casefold() in words and c.casefold() in words}
