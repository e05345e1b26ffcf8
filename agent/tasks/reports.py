"""Reports from the ledger: to whom which fields went, what is processed and why, and how far a set of batches reaches.

Each is a list of sections, shown on the screen, as JSON, or as one page that prints. Names, counts and days; no value.
What a law asks for stands in a jurisdiction file, which says that counsel has not confirmed it until one has.
"""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from agent.core.policy.strict_yaml import read_tree
from agent.core.text import shown
from agent.errors import ConfigError
from agent.state import disclosures, evidence
from agent.tasks.desk import Desk
from agent.tasks.permission import policies_in_force
from agent.tasks.printed import printed, safe, table

JURISDICTIONS = ("US-GA", "US-FL", "US-CA", "EU")
_SPAN = dt.timedelta(days=184)  # any six months


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = "None."


@dataclass(frozen=True, slots=True)
class Report:
    """`beside`: printed, its sections stand beside each other; a screen has no room for that."""

    title: str
    about: str
    sections: tuple[Section, ...]
    beside: bool = False


def as_html(report: Report) -> str:
    parts = [f"<h1>{safe(report.title)}</h1><p>{safe(report.about)}</p>"]
    sections = [f"<h2>{safe(one.title)}</h2>" + table(one.heads, one.rows, one.empty) for one in report.sections]
    if report.beside:
        columns = f"display:grid;grid-template-columns:repeat({len(sections)},minmax(0,1fr));gap:1rem;font-size:.75rem"
        sections = [
            "<style>@page{size:landscape}</style>",
            f'<div style="{columns}">',
            *(f"<section>{one}</section>" for one in sections),
            "</div>",
        ]
    return printed(report.title, parts + sections)


def recipients(desk: Desk, first: dt.date, last: dt.date, places: Sequence[str]) -> Report:
    """Everyone given consumer data, with the specific fields, over any six months."""
    if last < first or last - first > _SPAN:
        raise ConfigError(
            "FG-C93",
            "a report covers at most six months, from the earlier day to the later",
            "choose --from and --to anew: fieldgate report recipients",
            who="whoever typed it",
        )
    with desk.state.reading() as tx:
        left = disclosures.between(tx, first.isoformat(), (last + dt.timedelta(days=1)).isoformat())
    rows = tuple(
        (one.recipient, one.dataset, one.fields.replace(" ", ", "), one.purpose, f"{one.policy} v{one.policy_version}",
         f"{one.batches:,}", f"{one.records:,}", one.first_at[:10], one.last_at[:10])
        for one in left
    )  # fmt: skip
    heads = ("recipient", "dataset", "specific fields", "purpose", "policy", "batches", "records", "first", "last")
    sections = (
        Section("Given to", heads, rows, "Nothing left in this time."),
        *(_place(desk, name) for name in places),
    )
    return Report("Recipients of consumer data", f"From {first} to {last}, out of the dealer's own ledger.", sections)


def processing(desk: Desk) -> Report:
    """Record of processing: what is read, why, on whose approval, for whom, how long, how it is kept safe."""
    rules = policies_in_force(desk)
    with desk.state.reading() as tx:
        signed = {
            (facts["policy"], facts["version"]): ", ".join(facts["approved_by"])
            for facts in evidence.said(tx, "policy_imported")
        }
    sections = []
    for policy in rules.policies:
        head = (
            ("purpose", f"{policy.purpose}, {policy.regime}"), ("recipient", policy.recipient),
            ("stores", ", ".join(policy.stores)), ("kept by the recipient", f"{policy.keep_for_months} months"),
            ("passed on to", ", ".join(policy.pass_on_to) or "nobody"), ("ends on", policy.ends_on.isoformat()),
            ("approved by", signed.get((policy.name, policy.version), "")), ("bytes approved", policy.sha256),
        )  # fmt: skip
        sections.append(Section(f"{policy.title} ({policy.name} v{policy.version})", ("", ""), head))
        for dataset in policy.datasets:
            fields = tuple((field.name, field.category, str(field.ref)) for field in dataset.fields)
            title = f"{policy.name}: {dataset.name}, from {dataset.table}"
            sections.append(Section(title, ("field", "category", "read from"), fields))
    kept = (
        ("in transit", "TLS 1.2 or newer; each batch signed (ES256) and acknowledged by a signed receipt"),
        ("at rest", "bodies, source keys and positions encrypted; deleted with the receipt"),
        ("access", "the database refuses columns no policy names; a signed exception stands in each manifest"),
    )
    sections.append(Section("How it is kept safe", ("", ""), kept))
    count = len(rules.policies)
    return Report(
        "Record of processing", f"{count} {'policy' if count == 1 else 'policies'} in force.", tuple(sections)
    )


def blast_radius(desk: Desk, batch_ids: Sequence[str]) -> Report:
    """How far these batches reach: distinct people and records, by recipient and dataset."""
    with desk.state.reading() as tx:
        found = disclosures.reach(tx, batch_ids)
        people = disclosures.distinct_people(tx, batch_ids)
    known = {one.batch_id for one in found}
    rows = tuple(
        (one.batch_id, one.recipient, one.dataset, f"{one.records:,}", one.fields.replace(" ", ", "), one.at[:16])
        for one in found
    )
    missing = tuple((one,) for one in batch_ids if one not in known)
    about = f"{people:,} distinct people, {sum(one.records for one in found):,} records in {len(known)} batches."
    return Report(
        "Blast radius",
        about,
        (
            Section("Batches", ("batch", "recipient", "dataset", "records", "fields", "announced"), rows),
            Section("Without records about people, or not ours", ("batch",), missing),
        ),
    )


def _place(desk: Desk, name: str) -> Section:
    """What a jurisdiction asks for, in the words of its file; a copy beside agent.yaml, with counsel's name, counts."""
    says, by, on = _jurisdiction(desk.config.path.parent / "jurisdictions", name)
    state = f"confirmed by {by} on {on}" if by and on else "not confirmed by counsel"
    return Section(f"{name} ({state})", ("as facts were gathered",), tuple((one,) for one in says))


def _jurisdiction(own: Path, name: str) -> tuple[list[str], str, str]:
    if name not in JURISDICTIONS:
        raise ConfigError(
            "FG-C94",
            f"there is no jurisdiction file {shown(name)}",
            f"one of: {', '.join(JURISDICTIONS)}",
            who="whoever typed it",
        )
    file = own / f"{name}.yaml"
    shipped = resources.files("agent.tasks").joinpath("jurisdictions", f"{name}.yaml")
    data = file.read_bytes() if file.is_file() else shipped.read_bytes()
    root = read_tree(data, f"{name}.yaml").root
    found = root if isinstance(root, dict) else {}
    says = found.get("says")
    lines = [str(one) for one in says] if isinstance(says, list) else []
    return lines, str(found.get("confirmed_by") or ""), str(found.get("confirmed_on") or "")


def lines(report: Report, width: int = 80) -> Iterator[str]:
    """For a screen: each row as a block where it would not fit on a line."""
    yield report.title.upper()
    yield from textwrap.wrap(report.about, width, initial_indent="  ", subsequent_indent="  ")
    for one in report.sections:
        yield ""
        yield from textwrap.wrap(one.title, width)
        yield from _block(one, width) if one.rows else [f"  {one.empty}"]


def _block(one: Section, width: int) -> Iterable[str]:
    texts = [[shown(cell, 200) for cell in row] for row in one.rows]
    widths = [max(len(row[at]) for row in [list(one.heads), *texts]) for at in range(len(one.heads))]
    if sum(widths) + 2 * len(widths) + 2 <= width:
        for row in [list(one.heads), *texts] if any(one.heads) else texts:
            yield "  " + "  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip()
        return
    for row in texts:
        if not any(one.heads):  # a name and what it is
            yield from _wrapped(row[0], row[1], width)
            continue
        if len(row) == 1:
            yield from textwrap.wrap(row[0], width, initial_indent="  - ", subsequent_indent="    ")
            continue
        for head, cell in zip(one.heads, row, strict=True):
            yield from _wrapped(head, cell, width)
        yield ""


def _wrapped(head: str, cell: str, width: int) -> Iterable[str]:
    first = f"  {head:<21} "
    return textwrap.wrap(cell or "-", width, initial_indent=first, subsequent_indent=" " * len(first))


__all__ = ["JURISDICTIONS", "Report", "Section", "as_html", "blast_radius", "lines", "processing", "recipients"]
