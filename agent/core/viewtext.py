"""What a view's or a generated column's text reaches: the only owner of sqlglot outside tests.

A text is read to the last node or not at all. Refused (a sentence): no text, not one SELECT, a function the parser does
not know (it could read anything with its owner's rights), a table function, a name that the inventory does not resolve.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope
from sqlglot.schema import MappingSchema

from agent.core.inventory import Inventory, InventoryTable
from agent.core.ruleset import Table

Reached = frozenset[tuple[Table, str]]

_SQLGLOT = {"sqlserver": "tsql", "postgresql": "postgres", "mariadb": "mysql", "sqlite": "sqlite"}
# Nodes behind which anything may be read.
_OPAQUE = (
    exp.Anonymous,
    exp.AnonymousAggFunc,
    exp.Command,
    exp.Lateral,
    exp.UDTF,
    exp.Pivot,
    exp.Parameter,
    exp.Placeholder,
    exp.SessionParameter,
    exp.Into,
    exp.JSONTable,
    exp.XMLTable,
    exp.OpenJSON,
    exp.MatchRecognize,
)


@dataclass(frozen=True, slots=True)
class ViewMap:
    outputs: tuple[Reached, ...]  # per column of the view, in order
    always: Reached  # whichever column is asked for: filters, joins, grouping, order
    tables: frozenset[Table]


def read_view(view: InventoryTable, inventory: Inventory) -> ViewMap | str:
    """What each column of the view reaches; a sentence when that cannot be known."""
    dialect = _SQLGLOT.get(inventory.dialect)
    if not dialect or not view.definition.strip():
        return "the view's text is not in the inventory"
    names = _Names(inventory, exact=dialect == "postgres")
    if names.ambiguous:
        return "two names in the inventory differ by upper and lower case only"
    try:
        query = _one_select(sqlglot.parse(view.definition, read=dialect))
        if isinstance(query, str):
            return query
        if any(isinstance(node, _OPAQUE) or node.args.get("method") == "NATURAL" for node in query.walk()):
            return "the view's text calls something that cannot be looked into"
        names.normalize(query)
        qualified = qualify(
            query,
            dialect=dialect,
            db=names.plain(view.schema),
            schema=MappingSchema(names.schema(), dialect=dialect, normalize=False),
            validate_qualify_columns=True,
            quote_identifiers=False,
            identify=False,
        )
        if any(_whole_row(node) for node in qualified.walk()):
            return "the view's text hands on a whole row at once"
        root = build_scope(qualified)
        return _ViewReader(root, names, len(view.columns)).read() if root else "the view's text has no SELECT"
    except (SqlglotError, _UntracedError, RecursionError) as error:
        # sqlglot's message quotes the text, which may hold a literal; ours is a literal of its own.
        return (
            str(error)
            if isinstance(error, _UntracedError)
            else "the view's text cannot be resolved against the inventory"
        )


def read_generated(expression: str, table: InventoryTable, dialect_name: str) -> frozenset[str] | str:
    """Names of the table's own columns in a generating expression (or the CREATE TABLE that holds it)."""
    dialect = _SQLGLOT.get(dialect_name)
    own = {c.name.lower(): c.name for c in table.columns}
    try:
        parsed = sqlglot.parse_one(expression, read=dialect) if dialect else None
    except (SqlglotError, RecursionError):
        parsed = None
    if parsed is None or len(own) != len(table.columns):
        return "the generating expression cannot be read"
    if any(isinstance(node, (*_OPAQUE, exp.Query, exp.Star, exp.Dot)) for node in parsed.walk()):
        return "the generating expression calls something that cannot be looked into"
    columns = [column.name.lower() for column in parsed.find_all(exp.Column)]
    if not all(name in own for name in columns):
        return "the generating expression names a column that is not in the inventory"
    return frozenset(own[name] for name in columns)


def generating_expression(create_table: str, column: str, dialect_name: str) -> str:
    """SQLite keeps generated columns only in the CREATE TABLE text; `?` (which nothing can read) when not found."""
    try:
        parsed = sqlglot.parse_one(create_table, read=_SQLGLOT[dialect_name])
    except (SqlglotError, RecursionError):
        return "?"
    for definition in parsed.find_all(exp.ColumnDef):
        if definition.name == column:
            for constraint in definition.find_all(
                exp.ComputedColumnConstraint, exp.GeneratedAsIdentityColumnConstraint
            ):
                inner = (
                    constraint.this if isinstance(constraint, exp.ComputedColumnConstraint) else constraint.expression
                )
                if isinstance(inner, exp.Expr):
                    return inner.sql(dialect=_SQLGLOT[dialect_name])
    return "?"


class _UntracedError(Exception):
    """Never leaves this module: carries the sentence of a refusal up out of the tree."""


def _whole_row(node: exp.Expr) -> bool:
    """Left over after every * was spelled out: `c::text`, `(c).x`, `row_to_json(c)` name all columns by none."""
    if isinstance(node, exp.Star):
        return not isinstance(node.parent, exp.Count)
    return isinstance(node, exp.TableColumn | exp.Dot)


def _one_select(parsed: Iterable[exp.Expr | None]) -> exp.Query | str:
    statements = [s for s in parsed if s is not None]
    if len(statements) != 1:
        return "the view's text is not one statement"
    statement = statements[0]
    if isinstance(statement, exp.Create) and isinstance(statement.expression, exp.Expr):
        statement = statement.expression
    while isinstance(statement, exp.Subquery) and isinstance(statement.this, exp.Query):
        statement = statement.this
    return statement if isinstance(statement, exp.Query) else "the view's text is not a SELECT"


class _Names:
    """Inventory names as the parser's tree says them: spelled in hex, so that no rule of case or quoting folds them.

    PostgreSQL keeps case when quoted; the others ignore it.
    """

    def __init__(self, inventory: Inventory, *, exact: bool) -> None:
        self.exact = exact
        self.tables = {(self.plain(t.schema), self.plain(t.name)): t for t in inventory.tables}
        self.columns = {key: {self.plain(c.name): c.name for c in table.columns} for key, table in self.tables.items()}
        self.ambiguous = len(self.tables) != len(inventory.tables) or any(
            len(self.columns[key]) != len(table.columns) for key, table in self.tables.items()
        )

    def plain(self, name: str) -> str:
        return "n" + (name if self.exact else name.lower()).encode("utf-8", "surrogatepass").hex()

    def normalize(self, query: exp.Expr) -> None:
        for node in query.find_all(exp.Identifier):
            folded = node.name if node.args.get("quoted") else node.name.lower()
            node.set("this", self.plain(folded))

    def schema(self) -> dict[str, object]:
        nested: dict[str, object] = {}
        for schema, name in self.tables:
            inner = nested.setdefault(schema, {})
            assert isinstance(inner, dict)
            inner[name] = dict.fromkeys(self.columns[schema, name], "unknown")
        return nested

    def base(self, node: exp.Table) -> tuple[str, str]:
        key = (node.db, node.name)
        if node.catalog or not isinstance(node.this, exp.Identifier) or key not in self.tables:
            raise _UntracedError("the view's text names a table that is not in the inventory")
        return key

    def table(self, key: tuple[str, str]) -> Table:
        found = self.tables[key]
        return Table(found.schema, found.name)


class _ViewReader:
    """Follows wanted outputs through derived tables, CTEs and set operations down to base tables."""

    def __init__(self, root: Scope, names: _Names, columns: int) -> None:
        self.root, self.names, self.width = root, names, columns
        self.scopes = list(root.traverse())

    def read(self) -> ViewMap:
        outputs = _outputs(self.root)
        if outputs != self.width:
            raise _UntracedError("the view's text and its columns do not agree")
        tables = frozenset(self.names.table(self.names.base(node)) for node in self._table_nodes())
        always = self._reach(frozenset())
        per_column = tuple(self._reach(frozenset({i})) - always for i in range(outputs))
        return ViewMap(per_column, always, tables)

    def _table_nodes(self) -> Iterator[exp.Table]:
        for scope in self.scopes:
            for source in scope.sources.values():
                if isinstance(source, exp.Table):
                    yield source
                elif not isinstance(source, Scope):
                    raise _UntracedError("the view's text reads from something that is not a table")

    def _reach(self, wanted: frozenset[int]) -> Reached:
        """Base columns touched when the root's `wanted` outputs are asked for."""
        reached: set[tuple[Table, str]] = set()
        asked: dict[int, frozenset[int]] = {}
        todo: list[tuple[Scope, frozenset[int]]] = [(self.root, wanted)]
        while todo:
            scope, more = todo.pop()
            before = asked.get(id(scope))
            if before is not None and more <= before:
                continue
            asked[id(scope)] = more | (before or frozenset())
            todo.extend(self._step(scope, asked[id(scope)], reached))
        return frozenset(reached)

    def _step(
        self, scope: Scope, wanted: frozenset[int], reached: set[tuple[Table, str]]
    ) -> Iterator[tuple[Scope, frozenset[int]]]:
        query = scope.expression
        everything = frozenset(range(_outputs(scope)))
        if isinstance(query, exp.SetOperation):
            # Only UNION ALL leaves the other columns out of what a row tells.
            plain = isinstance(query, exp.Union) and not query.args.get("distinct") and not query.args.get("order")
            for branch in scope.set_operation_scopes:
                yield branch, wanted if plain else everything
            return
        if not isinstance(query, exp.Select):
            raise _UntracedError("the view's text has a part that is not a SELECT")
        if query.args.get("distinct") or query.args.get("order"):
            wanted = everything if query.args.get("distinct") else wanted | _ordered_by(query)
        unwanted = {id(n) for i, p in enumerate(query.selects) if i not in wanted for n in p.walk()}
        # A correlated column belongs to the outer query, whose own turn counts it.
        outer = set() if scope is self.root else {id(column) for column in scope.external_columns}
        for column in scope.columns:
            if id(column) not in unwanted and id(column) not in outer:
                yield from self._column(scope, column, reached)
        for inner in scope.subquery_scopes:
            if id(inner.expression) not in unwanted:
                yield inner, frozenset(range(_outputs(inner)))
        for source in scope.sources.values():
            if isinstance(source, Scope):
                yield source, frozenset()  # its filters count even when none of its columns is used

    def _column(
        self, scope: Scope, column: exp.Column, reached: set[tuple[Table, str]]
    ) -> Iterator[tuple[Scope, frozenset[int]]]:
        if isinstance(column.this, exp.Star):
            raise _UntracedError("the view's text has a * that cannot be spelled out")
        source = scope.sources.get(column.table)
        if isinstance(source, exp.Table):
            key = self.names.base(source)
            if column.name not in self.names.columns[key]:
                raise _UntracedError("the view's text names a column that is not in the inventory")
            reached.add((self.names.table(key), self.names.columns[key][column.name]))
        elif isinstance(source, Scope):
            titles = _titles(source)
            if titles.count(column.name) != 1:
                raise _UntracedError("the view's text names a column of a subquery that cannot be told apart")
            yield source, frozenset({titles.index(column.name)})
        else:
            raise _UntracedError("the view's text names a column that cannot be resolved")


def _ordered_by(query: exp.Select) -> frozenset[int]:
    """Outputs that ORDER BY names by title or number: they decide what a row tells."""
    titles = query.named_selects
    named = [c.name for c in query.args["order"].find_all(exp.Column) if not c.table]
    if any(isinstance(o.this, exp.Literal) for o in query.args["order"].find_all(exp.Ordered)):
        return frozenset(range(len(titles)))
    return frozenset(i for i, title in enumerate(titles) if title in named)


def _titles(scope: Scope) -> list[str]:
    query = scope.expression
    return list(scope.outer_columns or query.named_selects) if isinstance(query, exp.Query) else []


def _outputs(scope: Scope) -> int:
    query = scope.expression
    return len(query.selects) if isinstance(query, exp.Query) else 0
