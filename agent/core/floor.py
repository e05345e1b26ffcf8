"""The floor: names that nobody can allow. Package data with a pinned digest; a changed byte stops the program.

`exact` answers from lists alone: the squashed name, also without a person's prefix and trailing digits (CO_BUYER_SSN2).
Everything cleverer is the classifier's, whose word a signed decision can overrule; nothing overrules this one.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from agent.core.names import read_name, squash
from agent.core.packaged import Packaged

FLOOR_SHA256 = "sha256:429b2ae4434c3eb4014ee6d0eb13e7b0227fb40971dda28cfd5b4dc42f458797"
FLOOR = Packaged("floor.json", FLOOR_SHA256, "floor_changed", "the list of nonpublic names inside the program")

VerdictName = Literal["forbidden", "suspected", "plain"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`category` in trade words, `fides` its fideslang key where one exists, `reason` a sentence without values."""

    verdict: VerdictName
    category: str
    reason: str
    fides: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Floor:
    """The package data, indexed: `names` and `context_names` are squashed name to category. Equal by identity."""

    names: Mapping[str, str]
    spelled: Mapping[tuple[str, ...], str]
    secrets: frozenset[str]
    context_names: Mapping[str, str]
    context_words: frozenset[str]
    context_not_with: frozenset[str]
    hold: Mapping[str, str]
    tables: frozenset[str]
    table_words: frozenset[str]
    table_not_with: frozenset[str]
    roles: tuple[str, ...]
    fides: Mapping[str, str]
    rules: Mapping[str, str]


@functools.cache
def floor() -> Floor:
    """The floor, read and checked at first use. SealError when the installed bytes are not the ones approvals name."""
    return build_floor(FLOOR.read())


def build_floor(data: Mapping[str, Any], without: frozenset[str] = frozenset()) -> Floor:
    """Index the data. `without`: squashed names left out; only the measurements use it (leave-one-layout-out)."""
    categories = data["categories"]
    context = data["context_only"]
    tables = data["finance_tables"]
    return Floor(
        names={k: c for c, entry in categories.items() for n in entry["names"] if (k := squash(n)) not in without},
        spelled=_spelled(categories, without),
        secrets=frozenset(k for n in data["vehicle_secrets"]["names"] if (k := squash(n)) not in without),
        context_names={k: c for c, ns in context["names"].items() for n in ns if (k := squash(n)) not in without},
        context_words=frozenset(w for n in context["table_words"] for w in read_name(n).words),
        context_not_with=frozenset(context["not_with"]),
        hold={k: c for c in ("opaque", "free_text") for n in data["hold"][c] if (k := squash(n)) not in without},
        tables=frozenset(squash(n) for n in tables["names"]),
        table_words=frozenset(w for n in tables["words"] for w in read_name(n).words),
        table_not_with=frozenset(tables["not_with"]),
        roles=tuple(sorted({squash(n) for n in data["role_words"]}, key=len, reverse=True)),
        fides={c: entry["fides"] for c, entry in categories.items()},
        rules={c: entry["rule"] for c, entry in categories.items()},
    )


def _spelled(categories: Mapping[str, Any], without: frozenset[str]) -> dict[tuple[str, ...], str]:
    """Listed names by their words written out: LEASE_END_DT is lease_end_date. One or two words prove too little."""
    named = (
        (read_name(n).words, c) for c, entry in categories.items() for n in entry["names"] if squash(n) not in without
    )
    return {words: category for words, category in named if len(words) > 2}


def is_finance_table(table: str) -> bool:
    """On the finance-table list: being in it tells that someone has a loan or lease (16 CFR 313.3(n)(1)(ii))."""
    return _finance_table(floor(), table)


def exact(column: str, table: str = "") -> Verdict | None:
    """The floor's answer for a bare column name in a bare table name; None when no list names it."""
    return exact_in(floor(), column, table)


def exact_in(lists: Floor, column: str, table: str) -> Verdict | None:
    if table and _finance_table(lists, table):
        return Verdict(
            "forbidden",
            "finance_table",
            "the table is on the finance-table list: being in it is nonpublic",
            "user.financial",
        )
    for key in _keys(lists, column):
        category = lists.names.get(key)
        if category:
            return Verdict("forbidden", category, f"on the floor list; {lists.rules[category]}", lists.fides[category])
        if key in lists.secrets:
            return Verdict(
                "forbidden",
                "vehicle_secret",
                "opens or starts a car or an account: never leaves",
                "user.authorization.credentials",
            )
    category = lists.spelled.get(read_name(column).words)
    if category:
        reason = f"on the floor list under another spelling; {lists.rules[category]}"
        return Verdict("forbidden", category, reason, lists.fides[category])
    category = lists.context_names.get(squash(column))
    if category and speaks_of_deals(lists, table):
        return Verdict(
            "forbidden",
            category,
            f"on the floor list for tables about deals or debts; {lists.rules[category]}",
            lists.fides[category],
        )
    return None


def speaks_of_deals(lists: Floor, table: str) -> bool:
    """Whether a table's name makes an ordinary word (Term, down, Category) a matter of finance."""
    words = read_name(table).words if table else ()
    return not lists.context_words.isdisjoint(words) and lists.context_not_with.isdisjoint(words)


@functools.lru_cache(maxsize=1024)
def _finance_table(lists: Floor, table: str) -> bool:
    named = read_name(table)
    core = squash(table).removeprefix("tbl").removeprefix("vw").rstrip("0123456789")
    spelled_out = "".join(named.words)  # FIN_CONTRACT is FINANCE_CONTRACT
    if any(k in lists.tables for k in (core, core.removesuffix("s"), core + "s", spelled_out)):
        return True
    words = set(named.words)
    telling = not words.isdisjoint(lists.table_words) or {"credit", "application"} <= words
    return telling and words.isdisjoint(lists.table_not_with)


def _keys(lists: Floor, column: str) -> list[str]:
    """The squashed name, then without trailing digits, then without one person's prefix or suffix."""
    whole = squash(column)
    bare = whole.rstrip("0123456789")
    keys = [whole, bare]
    for key in (whole, bare):
        keys += [key[len(role) :] for role in lists.roles if key.startswith(role) and len(key) - len(role) > 2]
        keys += [
            key[: -len(role)]
            for role in lists.roles
            if key.endswith(role) and len(role) > 3 and len(key) - len(role) > 2
        ]
    return keys
