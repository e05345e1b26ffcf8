"""Write field_policies/nonpublic.yaml, the floor for people to read: `python -m tests.write_nonpublic`.

The program reads its own package data; this copy changes nothing. A test compares the two.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.core.floor import FLOOR, FLOOR_SHA256

TARGET = Path(__file__).parent.parent / "field_policies" / "nonpublic.yaml"
HEAD = f"""\
# What no policy can allow: nonpublic personal information by column name, for people to read.
# The program carries its own copy ({FLOOR_SHA256});
# editing this file changes nothing. To add names of your own DMS, write them into nonpublic.local.yaml.
# Names are compared without case, blanks and separators, also behind a person (BUYER_SSN) or with a number (SSN2).
# The paragraphs are for orientation; have counsel confirm them before you quote one.
"""


def text() -> str:
    data = FLOOR.read()
    lines = [HEAD, "categories:"]
    for name, entry in data["categories"].items():
        lines += [f"  {name}:", f"    about: {_quoted(entry['title'])}", f"    rule: {_quoted(entry['rule'])}"]
        lines += [f"    fideslang: {entry['fides']}", "    names:", *_names(entry["names"], 6)]
    lines += ["", f"# {data['context_only']['about']}", "only_in_tables_of_deals_and_debts:"]
    lines += ["  table_words:", *_names(data["context_only"]["table_words"], 4)]
    lines += ["  unless_table_says:", *_names(data["context_only"]["not_with"], 4), "  names:"]
    for name, names in data["context_only"]["names"].items():
        lines += [f"    {name}:", *_names(names, 6)]
    lines += ["", f"# {data['finance_tables']['about']}", "finance_tables:"]
    for key in ("names", "words", "not_with"):
        lines += [f"  {key}:", *_names(data["finance_tables"][key], 4)]
    lines += [
        "",
        f"# {data['vehicle_secrets']['about']}",
        "vehicle_secrets:",
        *_names(data["vehicle_secrets"]["names"], 2),
    ]
    lines += ["", f"# {data['hold']['about']}", "hold:"]
    for key in ("opaque", "free_text"):
        lines += [f"  {key}:", *_names(data["hold"][key], 4)]
    lines += ["", f"# {data['product_decision']['about']}", "product_decision:"]
    return "\n".join([*lines, *_names(data["product_decision"]["names"], 2)]) + "\n"


def _names(names: list[Any], indent: int) -> list[str]:
    return [f"{' ' * indent}- {_quoted(str(name))}" for name in names]


def _quoted(name: str) -> str:
    # Quoted always: YAML reads an unquoted APR as text but an unquoted NO, ON or 012 as something else.
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


if __name__ == "__main__":
    TARGET.write_text(text(), "utf-8", newline="\n")
