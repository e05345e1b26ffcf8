"""Preview: what an approved policy would send, from a few rows, masked. It has no outbox, enqueues nothing, remembers
nothing and connects to the source alone; that somebody looked is audited."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from agent.core.classify import classify
from agent.core.gate import GateDecoder
from agent.core.jobs import DatasetJob, HandedKeys, PageFrame
from agent.core.query import compile_query, page
from agent.core.ruleset import DatasetRules, PolicyRules
from agent.dms.dialects import dialect_of
from agent.errors import ConfigError
from agent.state import evidence
from agent.state.streams import Stream
from agent.tasks.desk import Desk, stream_keys
from agent.tasks.enroll import open_streams
from agent.tasks.holds import held_fields
from agent.tasks.permission import policies_in_force
from agent.tasks.pins import kept_inventory, pins_to_hold
from agent.tasks.reading import Reader

_ROWS = 200


@dataclass(frozen=True, slots=True)
class FieldPreview:
    name: str
    category: str
    filled: int  # per cent of the records looked at
    sample: str  # masked unless values were asked for by name


@dataclass(frozen=True, slots=True)
class DatasetPreview:
    policy: str
    dataset: str
    store: str
    rows: int
    records: int
    fields: tuple[FieldPreview, ...]
    never: tuple[str, ...]  # columns of the same table that no policy could send
    not_sent: tuple[str, ...]  # columns of the same table that this policy does not send
    sql: str
    synthetic: bool = False  # made-up rows: no database was asked


def preview(desk: Desk, reader: Reader, *, show_values: bool) -> Iterator[DatasetPreview]:
    """Every dataset of every stream. ConfigError where nobody is enrolled: ids need a stream's keys."""
    ruleset = policies_in_force(desk)
    opened = open_streams(desk, ruleset)
    if not opened:
        raise ConfigError("FG-C30", "no stream is open yet", "fieldgate keys enroll")
    for stream in opened:
        policy = ruleset.policy(stream.policy)
        if policy is not None:
            for rules in policy.datasets:
                yield _dataset(desk, reader, policy, rules, stream, show_values=show_values)


def _dataset(
    desk: Desk,
    reader: Reader,
    policy: PolicyRules,
    rules: DatasetRules,
    stream: Stream,
    *,
    show_values: bool,
) -> DatasetPreview:
    with desk.state.transaction() as tx:
        evidence.append(
            tx, "preview", desk.clock(), desk.actor,
            policy=policy.name, dataset=rules.name, shown="values" if show_values else "masked",
        )  # fmt: skip
        held = held_fields(tx, stream.stream_id, rules.name)
    settings = desk.config.sources[rules.source]
    keys, store = stream_keys(desk, stream.stream_id, stream.recipient), stream.store
    query = compile_query(rules, store, dialect_of(settings), today=desk.clock().date())
    job = DatasetJob(
        source=settings,
        password=desk.store.secret(settings.password_key).decode() if settings.password_key else "",
        rules=rules,
        store=store,
        purpose=policy.purpose,
        regime=policy.regime,
        keys=HandedKeys(*(getattr(keys, name) for name in HandedKeys.__struct_fields__)),
        ranges=[(None, None)],
        page_rows=_ROWS,
        today=desk.clock().date(),
        pinned=pins_to_hold(desk, policy, rules.name, rules.source),
        held=held,
        most_pages=1,
    )
    frames = list(reader.read(job))  # to the end: a reading that is broken off kills the reader
    first = next((frame for frame in frames if isinstance(frame, PageFrame)), None)
    lines = first.page.lines if first else []
    if first:
        GateDecoder(rules).check(lines, first.page.ids)
    records = [msgspec.json.decode(line)["fields"] for line in lines]
    staying = _staying(desk, rules)
    return DatasetPreview(
        policy=policy.name,
        dataset=rules.name,
        store=store,
        rows=first.page.rows if first else 0,
        records=len(records),
        fields=tuple(
            field_preview(
                field.name, field.category, [record.get(field.name) for record in records], show_values=show_values
            )
            for field in rules.fields
        ),
        never=tuple(name for name, forbidden in staying if forbidden),
        not_sent=tuple(name for name, forbidden in staying if not forbidden),
        sql=page(query, None, None, _ROWS)[0],
    )


def field_preview(name: str, category: str, values: list[object], *, show_values: bool) -> FieldPreview:
    there = [value for value in values if value is not None]
    filled = round(100 * len(there) / len(values)) if values else 0
    sample = "" if not there else str(there[0])
    return FieldPreview(name, category, filled, sample if show_values else masked(sample))


def masked(text: str) -> str:
    """The first character and the length; a date or a number keeps nothing but its shape."""
    if not text:
        return ""
    return text[0] + "".join("*" if ch.isalnum() else ch for ch in text[1:])


def _staying(desk: Desk, rules: DatasetRules) -> list[tuple[str, bool]]:
    """(column, is it forbidden to every policy) for the columns of the main table that are not sent."""
    inventory = kept_inventory(desk, rules.source)
    table = inventory.table(rules.table.schema, rules.table.name) if inventory else None
    sent = {field.ref.column for field in rules.fields if not field.ref.of}
    return [
        (column.name, classify(column.name, table=table.name, type=column.type).verdict == "forbidden")
        for column in (table.columns if table else ())
        if table and column.name not in sent
    ]
