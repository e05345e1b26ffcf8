"""A policy as one printable page of HTML: what is sent, declined, not asked for, never, and why. It loads nothing, runs
nothing, and every foreign word is escaped.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence

from agent.core.classify import classify
from agent.core.floor import is_finance_table
from agent.core.inventory import Inventory
from agent.core.policy.document import Dataset, PolicyDocument, columns_named, split_table
from agent.core.policy.notice import notice
from agent.core.policy.plain import field_words, plain_words, selection_words
from agent.core.policy.reader import Draft
from agent.core.policy.request import Answer
from agent.core.text import shown

_STYLE = (
    "body{font:16px/1.45 system-ui,sans-serif;max-width:46em;margin:2em auto;padding:0 1em;color:#111;background:#fff}"
    "h1{font-size:1.5em}h2{font-size:1.15em;margin-top:1.6em;border-bottom:1px solid #999}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.25em .6em .25em 0;"
    "border-bottom:1px solid #ddd}code,.d{font-family:ui-monospace,monospace;font-size:.85em;overflow-wrap:anywhere}"
    "@media print{body{margin:0;max-width:none;font-size:11pt}h2,tr{break-inside:avoid}}"
)


def policy_page(draft: Draft, answer: Answer | None, inventory: Inventory | None, signed: Sequence[str] = ()) -> str:
    """For whoever signs, and whoever asks years later. `signed`: sentences on who has approved it."""
    document = draft.document
    parts = [*_policy(draft, answer, inventory), *_approvals(signed)]
    parts.append(f'<h2>Digest</h2><p class="d">{safe(draft.sha256)}</p>')
    return page(f"{document.policy}, version {document.version}", parts)


def customer_page(document: PolicyDocument) -> str:
    """The notice text for the counter."""
    parts = ["<h1>What we share about you, and what we never do</h1>"]
    for head, text in notice(document):
        parts.append(f"<h2>{safe(head)}</h2><p>{safe(text[:1].upper() + text[1:])}</p>")
    return page("What we share about you", parts)


def page(title: str, parts: Iterable[str]) -> str:
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width"><title>{safe(title)}</title><style>{_STYLE}</style>'
    )
    body = "\n".join(parts)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def safe(text: str) -> str:
    return html.escape(shown(text, 2000))


def _policy(draft: Draft, answer: Answer | None, inventory: Inventory | None) -> Iterator[str]:
    document = draft.document
    yield f"<h1>{safe(document.policy)}, version {document.version}</h1>"
    yield f"<p>{safe(document.title)}</p>"
    lines = plain_words(document)
    start = next(i for i, line in enumerate(lines) if line.startswith("To "))
    yield "<table>" + "".join(_facts(lines[start : lines.index("", start)])) + "</table>"
    for name, dataset in document.datasets.items():
        yield from _dataset(name, dataset)
    choices = list(_section(lines, "STOP"))
    if choices:
        yield "<h2>When somebody said stop</h2>"
        yield "<ul>" + "".join(f"<li>{safe(line)}</li>" for line in choices) + "</ul>"
    yield from _reasons("Declined: asked for, not sent", document.declined.items())
    never = answer.of("never") if answer else ()
    yield from _reasons("Never: asked for, and no policy can allow it", ((o.field.name, o.reason) for o in never))
    if inventory is not None:
        yield from _not_asked(document, inventory)


def _approvals(signed: Sequence[str]) -> Iterator[str]:
    if signed:
        yield "<h2>Approved</h2><ul>" + "".join(f"<li>{safe(one)}</li>" for one in signed) + "</ul>"


def _facts(lines: Iterable[str]) -> Iterator[str]:
    """The head of the plain words: a word, then its sentence, which may go on over lines."""
    rows: list[list[str]] = []
    for line in lines:
        head, text = line[:11].strip(), line[11:].strip()
        if head or not rows:
            rows.append([head, text])
        else:
            rows[-1][1] += f" {text}"
    yield from (f"<tr><th>{safe(head)}</th><td>{safe(text)}</td></tr>" for head, text in rows)


def _section(lines: tuple[str, ...], word: str) -> Iterator[str]:
    """Sentences of the plain words under a heading; continued lines are joined."""
    said: list[str] = []
    inside = False
    for line in lines:
        if line[:1].strip():
            inside = line.startswith(word)
        elif inside and line.strip():
            if line[2:3].strip():
                said.append(" ".join(line.split()))
            elif said:
                said[-1] += " " + " ".join(line.split())
    yield from said


def _dataset(name: str, dataset: Dataset) -> Iterator[str]:
    yield f"<h2>Sent: {safe(name)}</h2><p>{safe(dataset.about)}</p>"
    asked = any(person.choices for person in dataset.people.values())
    yield "<table><tr><th>Field</th><th>From</th><th>What it is, and how it leaves</th></tr>"
    for field_name, field in dataset.send.items():
        words = safe(field_words(field, asked=asked))
        yield f"<tr><td>{safe(field_name)}</td><td><code>{safe(field.column)}</code></td><td>{words}</td></tr>"
    yield "</table>"
    yield "<ul>" + "".join(f"<li>{safe(f'{head} {said}')}</li>" for head, said in selection_words(dataset)) + "</ul>"


def _reasons(title: str, entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    rows = [f"<tr><td>{safe(name)}</td><td>{safe(why)}</td></tr>" for name, why in entries]
    if rows:
        yield f"<h2>{safe(title)}</h2><table>{''.join(rows)}</table>"


def _not_asked(document: PolicyDocument, inventory: Inventory) -> Iterator[str]:
    """The other columns of the same tables: what could have been sent and is not, and what never can."""
    named = {(n.table, n.column) for n in columns_named(document)}
    idle: dict[str, list[str]] = {"Not asked for": [], "Never: nonpublic, in the same tables": []}
    for table in sorted({table for table, _ in named}):
        where = split_table(table)
        known = inventory.table(where.schema, where.name) if where else None
        for column in known.columns if known else ():
            if known and (table, column.name) not in named:
                verdict = classify(column.name, table=known.name, type=column.type, comment=column.comment).verdict
                never = verdict == "forbidden" or is_finance_table(known.name)
                idle["Never: nonpublic, in the same tables" if never else "Not asked for"].append(
                    f"{known.name}.{column.name}"
                )
    for title, names in idle.items():
        if names:
            yield f"<h2>{safe(title)}</h2><p><code>{', '.join(safe(name) for name in names)}</code></p>"
