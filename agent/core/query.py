"""Query building: the only maker of SQL that reads the DMS.

In: one dataset's approved rules. Out: one SELECT of exactly the granted columns, qualified and quoted, with every value
as a parameter. `layout` says where in a row each thing stands; `touches` and `tables` name every column and table of
every clause, so grants and lineage see what the database will see. Refused (PolicyError): a name that cannot be quoted
safely, a table without schema where the engine would guess one, a join name nobody defined. Pages are keyset pages.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from agent.core.changes import ChangeKind
from agent.core.query_cells import WHOLE, Types, cell
from agent.core.ruleset import ChoicesRules, Condition, DatasetRules, Exists, FieldRules, PersonRules, Ref, Table
from agent.core.text import shown
from agent.errors import PolicyError

Key = tuple[str | int, ...]
Param = str | int
Enforcement = Literal["column", "view", "none"]

_NAME_MAX = 128  # the longest identifier any of the engines takes (SQL Server)
_VALUES_MAX = 500  # `is_one_of`; SQL Server takes 2,100 parameters a statement
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one engine says things. Data and small functions; the values stand in dms/dialects.py."""

    name: str  # sqlserver | postgresql | mariadb | sqlite | generic
    quote: Callable[[str], str]  # one identifier, quoted for this engine
    page: Callable[[str, int], str]  # (SELECT without limit, rows) -> the same, limited to that many rows
    sqlglot: str  # the name sqlglot knows it by
    text_type: str = "VARCHAR(4000)"  # CAST(x AS this) reads any column as text
    pads: bool = True  # False: the engine takes 'A ' and 'A' of a CHAR column for different, so the builder trims
    date_param: str = "?"  # how a YYYY-MM-DD parameter is said so that no session setting can read it as day-month
    needs_schema: bool = False  # True: a bare table name would be looked up in a search path somebody else can fill
    enforcement: Enforcement = "none"
    view_schema: str = ""  # under `view`: where the views stand that are read instead of the tables
    denials: frozenset[str] = frozenset()  # "SQLSTATE" or "SQLSTATE/native": the only answers that count as refused
    # Declared type of a change column -> what it holds and how a text is said as one. A type not in here has no window.
    change_types: tuple[tuple[str, ChangeKind, str], ...] = ()
    change_text: str = "CAST({} AS {})"  # (column, text_type): a change column as a text that loses nothing
    time_text: str = WHOLE  # how dates and timestamps are asked for: a driver may bend those that no calendar has
    untrimmed: frozenset[str] = frozenset()  # text types whose blanks at the end cannot be taken off
    stamp_gap: str = "T"  # between day and time
    clock_sql: str = ""  # the server's clock in UTC as ISO text; empty: there is none to ask


@dataclass(frozen=True, slots=True)
class RowLayout:
    """Where in a fetched row things stand (positions into the select list)."""

    key: tuple[int, ...]
    fields: tuple[int, ...]  # one per DatasetRules.fields, same order
    people: tuple[tuple[int, ...], ...]  # per DatasetRules.people: positions of its key parts
    choices: tuple[tuple[int, ...], ...]  # per person: positions of its ChoicesRules.columns, same order; () without
    cut: tuple[int, ...] = ()  # per field: the characters beyond which the database cut it; 0: it did not


@dataclass(frozen=True, slots=True)
class Changed:
    """How the rows that have changed are asked for; `query_changes` puts the window behind it."""

    column: str  # the change column, qualified and quoted
    sql: str  # the dataset's SELECT with the change column as text behind its columns
    keys_sql: str  # key and change column without the filter, of the same store; empty where nothing is filtered
    keys_params: tuple[Param, ...]


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    """One dataset's SELECT for one store, in one dialect. Made by `compile_query` and `compile_choices` only."""

    dataset: str
    dialect: Dialect
    select: tuple[Ref, ...]  # `of` of a choice column is "choices:<person>"
    layout: RowLayout
    touches: frozenset[tuple[Table, str]]  # every column in any clause
    tables: frozenset[Table]  # every table in any clause
    base_sql: str  # without key predicate, order and limit
    base_params: tuple[Param, ...]
    order: tuple[str, ...]  # the key columns, qualified and quoted
    filtered: bool  # base_sql has a WHERE already
    changed: Changed | None = None  # set where the policy names a change column


def quoted(dialect: Dialect, name: str) -> str:
    """One identifier, quoted; PolicyError for a name that no honest table has and no quoting makes harmless to read."""
    if not speakable(name):
        raise PolicyError(
            "identifier_refused",
            f"the name `{shown(name)}` cannot be used in a query",
            "name a column or table without control or invisible characters; ask the DBA for a view that renames it",
        )
    return dialect.quote(name)


def speakable(name: str) -> bool:
    return 0 < len(name) <= _NAME_MAX and not any(_unspeakable(ch) for ch in name)


def _unspeakable(ch: str) -> bool:
    # Controls, bidi and zero-width marks, lone surrogates, line separators: they change what a reader of the SQL sees.
    category = unicodedata.category(ch)
    return category[0] == "C" or category in ("Zl", "Zp")


def table_sql(dialect: Dialect, table: Table) -> str:
    if not table.schema:
        if dialect.needs_schema:
            raise PolicyError(
                "schema_missing",
                f"the table `{shown(table.name)}` is named without its schema",
                f"write dbo.{shown(table.name)}, with its schema: a bare name can mean another table tomorrow",
            )
        return quoted(dialect, table.name)
    return f"{quoted(dialect, table.schema)}.{quoted(dialect, table.name)}"


def read_from(dialect: Dialect, table: Table) -> Table:
    """What a query says FROM: the table, or under `enforcement: view` the DBA's view in front of it."""
    if dialect.enforcement != "view":
        return table
    return Table(dialect.view_schema, f"{table.schema}_{table.name}")


def compile_query(
    rule: DatasetRules, store: str, dialect: Dialect, *, today: dt.date, types: Types | None = None
) -> CompiledQuery:
    """The dataset's rows of one store. `today` is the dealer's date, for `within_months`. `types`: of its columns, if
    known: then no cell is fetched that is larger than declared."""
    build = _Build(dialect, rule.table)
    for join in rule.joins:
        build.join(join.alias, join.table, join.on)
    key = build.columns([Ref("", column) for column in rule.key])
    fields, cut = build.fields(rule.fields, types or {})
    people = tuple(build.columns(person.key) for person in rule.people)
    choices = tuple(_choices(build, rule, person) for person in rule.people)
    build.where_equal(Ref("", rule.store), store)
    for line in rule.where:
        if isinstance(line, Exists):
            build.where_exists(line, today)
        else:
            build.where(line, today)
    keys = _Build(dialect, rule.table)
    keys.columns([Ref("", column) for column in rule.key])
    keys.where_equal(Ref("", rule.store), store)
    return build.done(
        rule.name, RowLayout(key, fields, people, choices, cut), rule.key, rule.changes, keys if rule.where else None
    )


def compile_choices(rule: ChoicesRules, dialect: Dialect, *, types: Types | None = None) -> CompiledQuery:
    """Every person's choices. `layout.key` and `people[0]` are the person key, `choices[0]` the choice columns,
    `fields` the contacts."""
    build = _Build(dialect, rule.table)
    key = build.columns([Ref("", column) for column in rule.person])
    columns = build.columns([Ref("", choice.column) for choice in rule.columns])
    contacts, cut = build.fields(rule.contacts, types or {})
    return build.done(rule.name, RowLayout(key, contacts, (key,), (columns,), cut), rule.person, rule.changes)


def page(query: CompiledQuery, after: Key | None, upto: Key | None, rows: int) -> tuple[str, tuple[Param, ...]]:
    """SQL and parameters of one page: key > after and key <= upto, in key order, at most `rows` rows.

    The key parts must be as the driver gave them (blanks of a CHAR key included): the engine compares, not we.
    A fanned-out row can stand across the page's end: ask for one row more than you keep, and compare its key.
    """
    predicates: list[str] = []
    params: tuple[Param, ...] = query.base_params
    if after is not None:
        predicates.append(bound(query.order, ">", last=">"))
        params += bound_params(query.order, after)
    if upto is not None:
        predicates.append(bound(query.order, "<", last="<="))
        params += bound_params(query.order, upto)
    sql = query.base_sql
    if predicates:
        sql += (" AND " if query.filtered else " WHERE ") + " AND ".join(predicates)
    sql += " ORDER BY " + ", ".join(query.order)
    return query.dialect.page(sql, rows), params


def probe_sql(dialect: Dialect, table: Table, column: str) -> str:
    """Asks for one column of no row: the statement whose refusal is the evidence of promise 4."""
    return f"SELECT m.{quoted(dialect, column)} FROM {table_sql(dialect, table)} m WHERE 1 = 0"  # noqa: S608 quoted


def bound(order: Sequence[str], sign: str, *, last: str, first_mark: str = "?") -> str:
    """A keyset predicate over these columns. `first_mark`: how the first one's parameter is said."""
    # `c >= ? and (c > ? or k > ?)`, not `c > ? or (c = ? and k > ?)`: engines use the index for the first form only.
    head = order[0]
    if len(order) == 1:
        return f"{head} {last} {first_mark}"
    inner = bound(order[1:], sign, last=last)
    return f"{head} {sign}= {first_mark} AND ({head} {sign} {first_mark} OR ({inner}))"


def bound_params(order: Sequence[str], key: Key) -> tuple[Param, ...]:
    """What goes with `bound`."""
    if len(key) != len(order):
        raise ValueError(f"a key of {len(order)} parts was asked for by {len(key)}")
    return tuple(part for part in key[:-1] for _ in range(2)) + key[-1:]


def _choices(build: _Build, rule: DatasetRules, person: PersonRules) -> tuple[int, ...]:
    """The person's choice columns: from the same row where the dataset's table is the choices' table, else joined."""
    choices = person.choices
    if choices is None:
        return ()
    if len(choices.person) != len(person.key):
        raise PolicyError(
            "person_key_differs",
            f"the person `{shown(person.name)}` has {len(person.key)} key columns, its choices {len(choices.person)}",
            "give `people:` as many key columns as the choices' `person:` has, in the same order",
        )
    if choices.changes is not None:
        build.touch(choices.table, choices.changes)
    same_row = choices.table == rule.table and person.key == tuple(Ref("", column) for column in choices.person)
    if same_row:
        return build.columns([Ref("", choice.column) for choice in choices.columns])
    name = f"choices:{person.name}"
    build.join(name, choices.table, tuple(zip(choices.person, person.key, strict=True)))
    return build.columns([Ref(name, choice.column) for choice in choices.columns])


@dataclass(slots=True)
class _Build:
    """A SELECT as it grows. Aliases are ours (m, j1, e1): no foreign name is ever an alias."""

    dialect: Dialect
    main: Table
    alias_of: dict[str, tuple[str, Table]] = field(default_factory=dict)
    joins: list[str] = field(default_factory=list)
    predicates: list[str] = field(default_factory=list)
    params: list[Param] = field(default_factory=list)
    position_of: dict[tuple[Ref, str], int] = field(default_factory=dict)  # (column, how it is said) -> its place
    touches: set[tuple[Table, str]] = field(default_factory=set)
    tables: set[Table] = field(default_factory=set)
    exists: int = 0

    def __post_init__(self) -> None:
        self.alias_of[""] = ("m", self.main)
        self.tables.add(self.main)

    def place(self, table: Table) -> str:
        named = table_sql(self.dialect, table)  # refuses a bare name where one can mean another table
        return named if self.dialect.enforcement != "view" else table_sql(self.dialect, read_from(self.dialect, table))

    def touch(self, table: Table, column: str) -> str:
        self.touches.add((table, column))
        return quoted(self.dialect, column)

    def column(self, ref: Ref) -> str:
        if ref.of not in self.alias_of:
            raise PolicyError(
                "join_unknown",
                f"`{shown(str(ref))}` names a joined table that the dataset does not join",
                "add it under `joins:` with `as:`, or name a column of the main table",
            )
        alias, table = self.alias_of[ref.of]
        return f"{alias}.{self.touch(table, ref.column)}"

    def columns(self, refs: Sequence[Ref]) -> tuple[int, ...]:
        """Positions in the select list; a column asked for twice is read once."""
        return tuple(self._place(ref, WHOLE) for ref in refs)

    def fields(self, granted: Sequence[FieldRules], types: Types) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Positions of the fields, and beyond how many characters each is cut."""
        places, cut = [], []
        for one in granted:
            self.column(one.ref)
            declared = types.get((str(self.alias_of[one.ref.of][1]), one.ref.column), "")
            said, limit = cell(one, declared, self.dialect.time_text, self.dialect.untrimmed)
            places.append(self._place(one.ref, said))
            cut.append(limit)
        return tuple(places), tuple(cut)

    def _place(self, ref: Ref, said: str) -> int:
        self.column(ref)
        return self.position_of.setdefault((ref, said), len(self.position_of))

    def join(self, name: str, table: Table, on: Sequence[tuple[str, Ref]]) -> None:
        if not on or name in self.alias_of:
            raise PolicyError(
                "join_unclear",
                f"the join `{shown(name)}` has no equality or stands twice",
                "give every join its own `as:` and at least one pair under `where_equal:`",
            )
        alias = f"j{len(self.alias_of)}"
        mine = [self.column(ref) for _, ref in on]
        theirs = [f"{alias}.{self.touch(table, column)}" for column, _ in on]
        equal = " AND ".join(f"{a} = {b}" for a, b in zip(theirs, mine, strict=True))
        self.joins.append(f" LEFT JOIN {self.place(table)} {alias} ON {equal}")
        self.alias_of[name] = (alias, table)
        self.tables.add(table)

    def where_equal(self, ref: Ref, value: str) -> None:
        self._add(*_is(self.dialect, self.column(ref), (value,)))

    def where(self, line: Condition, today: dt.date) -> None:
        self._add(*_condition(self.dialect, self.column(line.ref), line, today))

    def where_exists(self, line: Exists, today: dt.date) -> None:
        """Adds no column and no row: a semi-join. Inside, a bare column name is the exists table's own."""
        if not line.on:
            raise PolicyError(
                "exists_unclear",
                f"`exists: {shown(str(line.table))}` is tied to nothing",
                "say under `where_equal:` which of its columns equals which of ours",
            )
        self.exists += 1
        alias = f"e{self.exists}"
        self.tables.add(line.table)
        parts = [f"{alias}.{self.touch(line.table, column)} = {self.column(ref)}" for column, ref in line.on]
        params: list[Param] = []
        for condition in line.conditions:
            if condition.ref.of:
                raise PolicyError(
                    "exists_unclear",
                    f"`{shown(str(condition.ref))}` stands inside `exists: {shown(str(line.table))}`",
                    "inside `exists` name columns of its own table only",
                )
            own = f"{alias}.{self.touch(line.table, condition.ref.column)}"
            sql, values = _condition(self.dialect, own, condition, today)
            parts.append(sql)
            params.extend(values)
        inner = f"SELECT 1 FROM {self.place(line.table)} {alias} WHERE {' AND '.join(parts)}"  # noqa: S608 quoted names, `?` for values
        self._add(f"EXISTS ({inner})", params)

    def _add(self, sql: str, params: Sequence[Param]) -> None:
        self.predicates.append(sql)
        self.params.extend(params)

    def done(
        self,
        name: str,
        layout: RowLayout,
        key: Sequence[str],
        changes: str | None = None,
        keys: _Build | None = None,
    ) -> CompiledQuery:
        """`keys`: the same rows without the filter, where there is one."""
        if not key:
            raise PolicyError(
                "key_missing",
                f"`{shown(name)}` has no key",
                "name the columns that make a row unique under `key:` (or `person:`)",
            )
        made = CompiledQuery(
            dataset=name,
            dialect=self.dialect,
            select=tuple(ref for ref, _ in self.position_of),
            layout=layout,
            touches=frozenset(self.touches),
            tables=frozenset(self.tables),
            base_sql=self.sql(),
            base_params=tuple(self.params),
            order=tuple(self.column(Ref("", column)) for column in key),
            filtered=bool(self.predicates),
        )
        if changes is None:
            return made
        column = self.column(Ref("", changes))
        text = self.dialect.change_text.format(column, self.dialect.text_type)
        keys_sql, keys_params = (keys.sql(text), tuple(keys.params)) if keys else ("", ())
        changed = Changed(column, self.sql(text), keys_sql, keys_params)
        return replace(made, changed=changed, touches=frozenset(self.touches))

    def sql(self, *more: str) -> str:
        """The SELECT as it stands, without key predicate, order and limit; `more` behind its columns."""
        listed = ", ".join([*(said.format(self.column(ref)) for ref, said in self.position_of), *more])
        sql = f"SELECT {listed} FROM {self.place(self.main)} m{''.join(self.joins)}"  # noqa: S608 the one place that makes it
        return sql + (" WHERE " + " AND ".join(self.predicates) if self.predicates else "")


def _condition(dialect: Dialect, column: str, line: Condition, today: dt.date) -> tuple[str, list[Param]]:
    """One `only_where` line. A NULL meets no condition: unknown is not permission."""
    values = tuple(str(value) for value in line.values)  # text suits every column type; a number would not match text
    wanted = {"is_one_of": range(1, _VALUES_MAX + 1), "not_empty": range(1)}.get(line.test, range(1, 2))
    if len(values) not in wanted:
        raise PolicyError(
            "condition_values",
            f"`{line.test}` on `{shown(str(line.ref))}` has {len(values)} values",
            f"`is_one_of` takes 1 to {_VALUES_MAX} values, `not_empty` none, the others exactly one",
        )
    if line.test in ("is", "is_one_of"):
        return _is(dialect, column, values)
    if line.test == "is_not":
        # Both must hold: the typed comparison knows that 0.00 is 0, the trimmed one that 'HIDDEN ' is HIDDEN.
        return f"{column} <> ? AND {_as_text(dialect, column)} <> ?", [values[0], values[0].rstrip(" ")]
    if line.test == "after":
        return f"{column} > {_param(dialect, values[0])}", [values[0]]
    if line.test == "within_months":
        since = _months_before(today, _months(line)).isoformat()
        return f"{column} >= {_param(dialect, since)}", [since]
    return f"{_as_text(dialect, column)} <> ''", []


def _is(dialect: Dialect, column: str, values: Sequence[str]) -> tuple[str, list[Param]]:
    if not dialect.pads:
        column, values = f"RTRIM({column})", [value.rstrip(" ") for value in values]
    if len(values) == 1:
        return f"{column} = ?", list(values)
    return f"{column} IN ({', '.join('?' * len(values))})", list(values)


def _as_text(dialect: Dialect, column: str) -> str:
    return f"RTRIM(CAST({column} AS {dialect.text_type}))"


def _param(dialect: Dialect, value: str) -> str:
    return dialect.date_param if _ISO_DATE.fullmatch(value) else "?"


def _months(line: Condition) -> int:
    value = str(line.values[0])
    if not value.isascii() or not value.isdigit() or not 0 < int(value[:6]) <= 1200:
        raise PolicyError(
            "condition_values",
            f"`within_months` on `{shown(str(line.ref))}` needs a number of months",
            "write a whole number from 1 to 1200",
        )
    return int(value)


def _months_before(day: dt.date, months: int) -> dt.date:
    """The same day so many months earlier; the month's last day where that day does not exist."""
    year, month0 = divmod(day.year * 12 + day.month - 1 - months, 12)
    following = dt.date(year + (month0 == 11), (month0 + 1) % 12 + 1, 1)
    last = (following - dt.timedelta(days=1)).day
    return dt.date(year, month0 + 1, min(day.day, last))
