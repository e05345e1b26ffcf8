"""Examples of a policy, as an officer writes them: a made-up row in, the record or the reason it stays out.

An example may be `like` an earlier one and say only what is different. Nothing in here runs anything: it reads,
strictly, and says which examples do not fit the policy they speak of.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from agent.core.policy.document import Keys, PolicyDocument, columns_named, tables_named
from agent.core.policy.problems import Problem, in_order
from agent.core.policy.schema_errors import findings, is_misspelled, nearest, report
from agent.core.policy.strict_yaml import Path, Tree, read_tree
from agent.core.policy.words import Column, Date, Name, PolicyName, Scalar, Sentence, TableName, wrong

Withheld = Literal["filter", "choice", "screen", "key_not_readable"]
Missing = Literal["choice", "no_choice_column", "screen", "too_long", "not_the_type", "unreadable"]
Wanted = str | tuple[str, ...] | None
Row = Mapping[str, str | None]
PSEUDONYM = "pseudonym"
PSEUDONYM_OF = "pseudonym of "


def _cell(value: object) -> str | None:
    if value is None or value == "null":
        return None
    if not isinstance(value, str):
        raise wrong("P012", "one value belongs here", "write what stands in the database, or `null`")
    return value


def _wanted(value: object) -> Wanted:
    if isinstance(value, list):
        if not all(isinstance(part, str) for part in value):
            raise wrong("P012", "a list of words belongs here", "write it like [one, two]")
        return tuple(value)
    return _cell(value)


_Cell = Annotated[str | None, Scalar(_cell, {}, "what stands in the database; nothing, or `null`, for NULL")]
_Wanted = Annotated[
    str | tuple[str, ...] | None, Scalar(_wanted, {}, "what leaves; nothing, or `null`, where the DMS has none")
]


class ExampleKeys(Keys):
    """One example."""

    like: Sentence | None = Field(None, description="An earlier example; only what is different is written here.")
    dataset: Name | None = Field(None, description="The dataset it is about.")
    row: dict[Column, _Cell] = Field(default_factory=dict, description="The row of the main table; others are NULL.")
    beside: dict[TableName, tuple[dict[Column, _Cell], ...]] = Field(
        default_factory=dict, description="Rows of other tables that it needs."
    )
    record: dict[Name, _Wanted] = Field(
        default_factory=dict, description="The fields that leave: a value, `pseudonym`, or `pseudonym of 104417`."
    )
    without: dict[Name, Missing] = Field(
        default_factory=dict, description="Fields that stay behind while the record leaves: the reason."
    )
    withheld: Withheld | None = Field(None, description="Nothing leaves: filter, choice, screen, key_not_readable.")


class ExamplesDocument(Keys):
    """A file of examples."""

    policy: PolicyName = Field(description="The policy they are examples of.")
    today: Date = Field(description="The day on which they hold.")
    examples: dict[Sentence, ExampleKeys] = Field(description="Title: example.", min_length=1, max_length=400)


@dataclass(frozen=True, slots=True)
class Example:
    """One example, complete. `withheld` empty: the record leaves with `record`, without the fields of `without`."""

    title: str
    line: int
    dataset: str
    row: Row
    beside: Mapping[str, tuple[Row, ...]]
    record: Mapping[str, Wanted]
    without: Mapping[str, str]
    withheld: str


@dataclass(frozen=True, slots=True)
class Examples:
    policy: str
    file: str
    today: dt.date
    examples: tuple[Example, ...]


def read_examples(data: bytes, file: str) -> Examples | tuple[Problem, ...]:
    """The examples, or all problems of their form."""
    tree = read_tree(data, file)
    if tree.root is None or tree.problems:
        return in_order(tree.problems)
    try:
        document = ExamplesDocument.model_validate(tree.root)
    except ValidationError as error:
        found = findings(error)
        for one in found:
            if not is_misspelled(one, found):
                report(one, tree, ExamplesDocument)
        return in_order(tree.problems)
    complete: dict[str, Example] = {}
    for title, keys in document.examples.items():
        made = _completed(title, keys, complete, tree)
        if made is not None:
            complete[title] = made
    if tree.problems:
        return in_order(tree.problems)
    return Examples(document.policy, file, document.today, tuple(complete.values()))


def _completed(title: str, keys: ExampleKeys, before: Mapping[str, Example], tree: Tree) -> Example | None:
    at: Path = ("examples", title)
    base = before.get(keys.like or "")
    if keys.like and base is None:
        near = nearest(keys.like, tuple(before))
        help_ = f"did you mean `{near}`?" if near else "name an example that stands above this one"
        tree.add("P060", f"no example above is called `{keys.like}`", tree.value((*at, "like")), help_)
        return None
    dataset = keys.dataset or (base.dataset if base else None)
    if dataset is None:
        tree.add("P060", "this example names no dataset", tree.key(at), "add `dataset:` or `like:`")
        return None
    if keys.withheld and (keys.record or keys.without):
        tree.add("P060", "a record that stays has no fields", tree.key(at), "keep `withheld:` or `record:`, not both")
        return None
    made = _merged(title, keys, base, dataset, tree.key(at).line)
    if not made.withheld and not made.record:
        tree.add("P060", "this example expects nothing", tree.key(at), "add `record:` or `withheld:`")
        return None
    return made


def _merged(title: str, keys: ExampleKeys, base: Example | None, dataset: str, line: int) -> Example:
    record: dict[str, Wanted] = {} if base is None or keys.withheld else dict(base.record)
    without: dict[str, str] = {} if base is None or keys.withheld else dict(base.without)
    for name in keys.without:
        record.pop(name, None)
    for name in keys.record:
        without.pop(name, None)
    expects_record = bool(keys.record or keys.without)
    kept = base.withheld if base and not expects_record else ""
    return Example(
        title=title,
        line=line,
        dataset=dataset,
        row={**(base.row if base else {}), **keys.row},
        beside=_beside(base.beside if base else {}, keys.beside),
        record={**record, **keys.record},
        without={**without, **keys.without},
        withheld=keys.withheld or kept,
    )


def _beside(base: Mapping[str, tuple[Row, ...]], more: Mapping[str, tuple[Row, ...]]) -> dict[str, tuple[Row, ...]]:
    """The first row changes the first, the second the second; further rows are new."""
    found = dict(base)
    for table, rows in more.items():
        old = found.get(table, ())
        size = max(len(old), len(rows))
        both = zip((*old, *({},) * size), (*rows, *({},) * size), strict=False)
        found[table] = tuple({**one, **other} for (one, other), _ in zip(both, range(size), strict=False))
    return found


def check_examples(examples: Examples, data: bytes, document: PolicyDocument) -> tuple[Problem, ...]:
    """P060 for each example about a dataset, table, column or field that the policy does not have."""
    tree = read_tree(data, examples.file)
    known = _columns(document)
    for example in examples.examples:
        at: Path = ("examples", example.title)
        dataset = document.datasets.get(example.dataset)
        if dataset is None:
            _unknown(tree, (*at, "dataset"), example.dataset, tuple(document.datasets), "dataset")
            continue
        for path, table, column in _cells(at, example, dataset.from_.table):
            if table not in known:
                _unknown(tree, path, table, tuple(known), "table")
            elif column not in known[table]:
                _unknown(tree, path, column, known[table], f"column of {table}")
        for key, names in (("record", example.record), ("without", example.without)):
            for name in names:
                if name not in dataset.send:
                    _unknown(tree, (*at, key, name), name, tuple(dataset.send), f"field of {example.dataset}")
    return in_order(tree.problems)


def _unknown(tree: Tree, path: Path, name: str, known: tuple[str, ...], what: str) -> None:
    near = nearest(name, known)
    help_ = f"did you mean `{near}`?" if near else "an example may only name what the policy reads or sends"
    tree.add("P060", f"`{name}` is no {what} in this policy", tree.key(path), help_)


def _cells(at: Path, example: Example, main: str) -> Iterator[tuple[Path, str, str]]:
    for column in example.row:
        yield (*at, "row", column), main, column
    for table, rows in example.beside.items():
        for i, row in enumerate(rows):
            yield from (((*at, "beside", table, i, column), table, column) for column in row)


def _columns(document: PolicyDocument) -> dict[str, tuple[str, ...]]:
    """Table -> the columns of it that the policy reads."""
    found: dict[str, dict[str, Any]] = {table: {} for _, table in tables_named(document)}
    for named in columns_named(document):
        found[named.table][named.column] = None
    return {table: tuple(columns) for table, columns in found.items()}
