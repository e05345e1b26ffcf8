"""What a plain reading of the shipped nonpublic list says of an accepted policy. Imports nothing of ours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

LIST = Path(__file__).parents[2] / "field_policies" / "nonpublic.yaml"
CHOICES = ("everything", "email", "mail", "phone", "sms")


def plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKC", name).lower())


def nonpublic() -> tuple[dict[str, str], dict[str, str]]:
    """Plain spelling -> as it is listed: of columns, and of finance tables."""
    data = yaml.safe_load(LIST.read_text("utf-8"))
    columns = [str(name) for entry in data["categories"].values() for name in entry["names"]]
    columns += [str(name) for name in data["vehicle_secrets"]]
    return (
        {plain(name): name for name in columns},
        {plain(str(name)): str(name) for name in data["finance_tables"]["names"]},
    )


def columns_of(policy: dict[str, Any]) -> Iterator[str]:
    """Every column the file names, wherever one may stand."""
    for group in (policy.get("choices") or {}).values():
        yield from group["person"]
        yield from _of(group.get("changes"))
        for channel in CHOICES:
            yield from _of(group.get(channel))
    for dataset in policy["datasets"].values():
        source = dataset["from"]
        for sent in dataset["send"].values():
            yield from _of(sent)
        for person in (dataset.get("people") or {}).values():
            yield from person["key"]
        yield from source["key"]
        yield from _of(source["store"])
        yield from _of(source["changes"])
        for join in source.get("joins") or []:
            yield from _equal(join)
        for test in source.get("only_where") or []:
            yield from _of(test)
            yield from _equal(test)
            for inner in test.get("and") or []:
                yield from _of(inner)


def tables_of(policy: dict[str, Any]) -> Iterator[str]:
    for group in (policy.get("choices") or {}).values():
        yield group["table"]
    for dataset in policy["datasets"].values():
        yield dataset["from"]["table"]
        yield from (join["table"] for join in dataset["from"].get("joins") or [])
        yield from (test["exists"] for test in dataset["from"].get("only_where") or [] if "exists" in test)


def accepted_npi(data: bytes, columns: dict[str, str], tables: dict[str, str]) -> list[str]:
    """Listed names that an accepted file uses."""
    policy = yaml.load(data.decode("utf-8-sig"), yaml.BaseLoader)
    found = [columns[key] for name in columns_of(policy) for key in (plain(name), _last(name)) if key in columns]
    return found + [tables[_last(name)] for name in tables_of(policy) if _last(name) in tables]


def _last(name: str) -> str:
    return plain(name.rpartition(".")[2])


def _of(node: dict[str, Any] | None) -> Iterator[str]:
    if node and "column" in node:
        yield node["column"]


def _equal(node: dict[str, Any]) -> Iterator[str]:
    for theirs, ours in (node.get("where_equal") or {}).items():
        yield from (theirs, ours)
