"""Whatever policy the checker accepts: two dealerships that differ in nonpublic columns alone give the same frames.

A frame is everything the reader child says to the supervisor: lines, ids, nonces, person hashes, source keys, counts,
page boundaries. What comes after it is a function of frames, keys and clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from agent.core.classify import classify
from agent.core.jobs import Clock, DatasetJob, Failed, HandedKeys, PageFrame, packed
from agent.core.policy.checks import check_policy
from agent.core.policy.compile import datasets_of
from agent.core.policy.document import CATEGORIES, PolicyDocument
from agent.core.policy.problems import errors_in
from agent.core.policy.reader import Draft, read_policy
from agent.core.ruleset import DatasetRules, FieldRules, FieldType, Ref, Transform
from agent.demo import servers
from agent.demo.dms import tables
from agent.demo.dms_schema import SCHEMA, Column
from agent.demo.engine import Engine
from agent.service.reader import answer

TODAY = dt.date(2026, 11, 22)
KEYS = HandedKeys(*(bytes([n]) * 32 for n in range(1, 6)))
# table -> (key, person's column, how VEHICLE is joined)
MAIN = {
    "CUSTOMER": ("CUST_NO", "CUST_NO", None),
    "VEHICLE": ("VIN", "OWNER_NO", None),
    "SALES_DEAL": ("DEAL_NO", "BUYER_NO", "VIN"),
    "REPAIR_ORDER": ("RO_NO", "CUST_NO", "VIN"),
}
COUNTED = {"lines": 0, "policies": 0}


class Plain(yaml.SafeDumper):
    """Without anchors, which a policy may not have."""

    def ignore_aliases(self, data: object) -> bool:
        return True


@st.composite
def columns(draw: st.DrawFn, table: str) -> Column:
    """Any of them now and then, nonpublic ones too: refusing those is the checker's work."""
    every = SCHEMA[table].columns
    plain = [column for column in every if column.label in ("OK", "PII")]
    return draw(st.sampled_from(plain if draw(st.integers(0, 11)) else every))


@st.composite
def policies(draw: st.DrawFn) -> bytes:
    """A policy over the demo's schema, as an officer could write it."""
    names = draw(st.lists(st.sampled_from(sorted(MAIN)), min_size=1, max_size=2, unique=True))
    regime = draw(st.sampled_from(["opt_out", "opt_out", "opt_in"]))
    channels = ["everything", *draw(st.lists(st.sampled_from(["email", "mail", "phone"]), unique=True))]
    document = {
        "policy": "drawn",
        "title": "A policy that was drawn at random",
        "version": 1,
        "recipient": "example-motors-na",
        "recipient_may": {"keep_for_months": 24, "pass_on_to": []},
        "purpose": draw(st.sampled_from(["marketing", "marketing", "service_reminders", "warranty_recall"])),
        "regime": regime,
        "jurisdiction": ["US-GA"],
        "owner": "compliance@dealer.example",
        "contract": {"id": "EX-1", "expires_on": dt.date(2027, 6, 30)},
        "review_on": dt.date(2027, 3, 31),
        "stores": ["01"],
        "choices": {
            "said": {"source": "dms", "table": "main.CUSTOMER", "person": ["CUST_NO"], **_choices(channels, regime)}
        },
        "datasets": {f"set_{name.lower()}": draw(_dataset(name)) for name in names},
    }
    return yaml.dump(document, Dumper=Plain, sort_keys=False).encode()


def _choices(channels: list[str], regime: str) -> dict[str, object]:
    block = {"refused": ["Y"], "not_refused": ["N"], "unknown": "send"}
    given = {"given": ["Y"], "refused": ["N"], "unknown": "withhold"}
    said = {"email": "BLOCK_EMAIL", "mail": "BLOCK_MAIL", "phone": "CALL_OK", "everything": "OPT_OUT"}
    if regime == "opt_in":  # a recorded yes, whatever the column is called
        return {one: {"column": said[one], "given": ["N"], "refused": ["Y"], "unknown": "withhold"} for one in channels}
    return {one: {"column": said[one], **(given if one == "phone" else block)} for one in channels}


@st.composite
def _dataset(draw: st.DrawFn, table: str) -> dict[str, object]:
    key, person, vin = MAIN[table]
    joined = vin is not None and draw(st.booleans())
    places = [("", table)] + ([("VEHICLE.", "VEHICLE")] if joined else [])
    any_column = st.sampled_from(places).flatmap(lambda at: columns(at[1]).map(lambda one: (at[0] + one.name, one)))
    chosen = draw(st.lists(any_column, min_size=1, max_size=4, unique_by=lambda one: one[0]))
    sent = {name.lower().replace(".", "_"): draw(_field(name, column, table)) for name, column in chosen}
    source: dict[str, object] = {
        "source": "dms",
        "table": f"main.{table}",
        "key": [key],
        "store": {"column": "STORE_NO"},
        "changes": draw(st.sampled_from([{"by": "snapshot"}, {"column": "LAST_CHANGED"}])),
    }
    if joined:
        source["joins"] = [{"table": "main.VEHICLE", "as": "VEHICLE", "where_equal": {"VIN": vin}}]
    if not draw(st.integers(0, 2)):
        name, column = draw(any_column)
        source["only_where"] = [draw(_condition(name, column))]
    return {
        "about": "records that were drawn at random",
        "send": sent,
        "people": {"somebody": {"key": [person], "choices": "said"}},
        "from": source,
    }


@st.composite
def _field(draw: st.DrawFn, name: str, column: Column, table: str) -> dict[str, object]:
    usual = {"int": "integer", "date": "date", "stamp": "timestamp", "num": "decimal 12.2"}
    word, _, size = column.type.partition(" ")
    category = classify(column.name, table="VEHICLE" if "." in name else table, type=column.type).category
    if category not in CATEGORIES or not draw(st.integers(0, 19)):
        category = draw(st.sampled_from(["status", "vehicle", "date", "service"]))
    if category in ("customer_id", "record_id"):
        return {"column": name, "category": category}
    found: dict[str, object] = {"column": name, "category": category, "type": usual.get(word, f"text {size or 40}")}
    if str(found["type"]).startswith("text") and draw(st.booleans()):
        found["transform"] = draw(st.sampled_from([{"keep_first": 2}, "mask", "suppress"]))
    return found


@st.composite
def _condition(draw: st.DrawFn, name: str, column: Column) -> dict[str, object]:
    tests = [{"is": "EXAMPLE"}, {"is_not": "X"}, {"not_empty": True}, {"is_one_of": ["1", "F", "EXAMPLE"]}]
    return {"column": name, **draw(st.sampled_from(tests))}


def accepted(data: bytes) -> PolicyDocument | None:
    read = read_policy(data, "drawn.yaml")
    return read.document if isinstance(read, Draft) and not errors_in(check_policy(read, today=TODAY)) else None


def frames(engine: Engine, document: PolicyDocument, rules: DatasetRules) -> list[bytes]:
    job = DatasetJob(
        replace(engine.settings, overlap_s=90_000), "", rules, "01", document.purpose, document.regime, KEYS,
        [(None, None)], 16, TODAY,
    )  # fmt: skip
    found = list(answer(job))
    assert not isinstance(found[-1], Failed), found[-1]
    COUNTED["lines"] += sum(len(frame.page.lines) for frame in found if isinstance(frame, PageFrame))
    return [packed(frame) for frame in found if not isinstance(frame, Clock)]  # what time it was is no secret


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Engine]]:
    """Equal but for nonpublic columns."""
    made = []
    for nonpublic in (0, 1):
        folder: Path = tmp_path_factory.mktemp(f"twin{nonpublic}")
        engine = servers.start("sqlite", folder)
        engine.load(tables(11, 24, nonpublic))
        made.append(engine)
    yield made[0], made[1]
    for engine in made:
        engine.stop()


def same(twins: tuple[Engine, Engine], data: bytes) -> None:
    document = accepted(data)
    assume(document is not None)
    assert document is not None
    COUNTED["policies"] += 1
    for rules in datasets_of(document):
        assert frames(twins[0], document, rules) == frames(twins[1], document, rules)


_HOW = {
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.generate],
    "deadline": None,
    "database": None,
}


@settings(max_examples=20, derandomize=True, **_HOW)
@given(policies())
def test_twenty_policies_cannot_tell_two_dealerships_apart(twins: tuple[Engine, Engine], data: bytes) -> None:
    same(twins, data)


@pytest.mark.long
@settings(max_examples=200, **_HOW)
@given(policies())
def test_two_hundred_policies_cannot_tell_two_dealerships_apart(twins: tuple[Engine, Engine], data: bytes) -> None:
    same(twins, data)


def test_the_policies_drawn_did_send_something(twins: tuple[Engine, Engine]) -> None:
    """Runs after the others; twins that send nothing are equal too."""
    if not COUNTED["policies"]:
        test_twenty_policies_cannot_tell_two_dealerships_apart(twins)
    assert COUNTED["policies"] >= 20
    assert COUNTED["lines"] > 200


@pytest.mark.parametrize("column", ["AMT_FINANCED", "TERM", "SSN", "CREDIT_SCORE"])
def test_the_twins_do_differ_where_a_policy_could_not_be_accepted(twins: tuple[Engine, Engine], column: str) -> None:
    """The innocent half: rules that no checker made do tell them apart."""
    table = "CUSTOMER" if column in ("SSN", "CREDIT_SCORE") else "SALES_DEAL"
    text = (Path(__file__).parents[2] / "field_policies" / "customer-crm.yaml").read_bytes().replace(b"dbo.", b"main.")
    document = accepted(text)
    assert document is not None
    [rules] = [one for one in datasets_of(document) if one.table.name == table]
    leak = FieldRules("leak", Ref("", column), "status", FieldType("text", 40), Transform("keep_first", keep=4))
    one, other = (frames(engine, document, replace(rules, fields=(leak,))) for engine in twins)
    assert one != other
