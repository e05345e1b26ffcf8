"""Pages in the order (change column, key): the rows of a window, and which keys changed in it whether they still match
the filter or not. Part of the query builder: nothing else makes SQL that reads the DMS.
"""

from __future__ import annotations

from agent.core.changes import Cursor, Window
from agent.core.query import Changed, CompiledQuery, Param, bound, bound_params


def changed_rows(
    query: CompiledQuery, mark: str, window: Window, after: Cursor | None, upto: Cursor | None, rows: int
) -> tuple[str, tuple[Param, ...]]:
    """SQL and parameters of one page of changed rows: behind `after`, up to `upto`, at most `rows`. `mark`: how a text
    is said as a value of the change column. The last cell of each row is the change column as text."""
    changed = _of(query)
    return _page(query, changed.sql, query.base_params, mark, window, after, upto, rows, filtered=query.filtered)


def changed_keys(
    query: CompiledQuery, mark: str, window: Window, after: Cursor | None, rows: int
) -> tuple[str, tuple[Param, ...]]:
    """The same rows as key and change column alone, asked for without the filter: what is no longer in the dataset
    shows as a key that `changed_rows` does not give."""
    changed = _of(query)
    return _page(query, changed.keys_sql, changed.keys_params, mark, window, after, None, rows, filtered=True)


def _of(query: CompiledQuery) -> Changed:
    if query.changed is None:
        raise ValueError("this dataset names no change column")
    return query.changed


def _page(
    query: CompiledQuery,
    sql: str,
    params: tuple[Param, ...],
    mark: str,
    window: Window,
    after: Cursor | None,
    upto: Cursor | None,
    rows: int,
    *,
    filtered: bool,
) -> tuple[str, tuple[Param, ...]]:
    column = _of(query).column
    order = (column, *query.order)
    predicates = []
    if after is None:
        predicates.append(f"{column} >= {mark}")
        params += (window.low,)
    else:
        predicates.append(bound(order, ">", last=">", first_mark=mark))
        params += bound_params(order, after)
    if upto is None:
        predicates.append(f"{column} <= {mark}")
        params += (window.upper,)
    else:
        predicates.append(bound(order, "<", last="<=", first_mark=mark))
        params += bound_params(order, upto)
    sql += (" AND " if filtered else " WHERE ") + " AND ".join(predicates) + " ORDER BY " + ", ".join(order)
    return query.dialect.page(sql, rows), params
