"""Tables of pages that are printed or handed over; every foreign word is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent.tasks.policy_page import page as printed
from agent.tasks.policy_page import safe


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], empty: str = "None.") -> str:
    """Rows of texts; a sentence where there is none."""
    body = "".join("<tr>" + "".join(f"<td>{safe(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    if not body:
        return f"<p>{safe(empty)}</p>"
    head = "".join(f'<th scope="col">{safe(one)}</th>' for one in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


__all__ = ["printed", "safe", "table"]
