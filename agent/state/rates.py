"""Each field's own baseline: counts of the first whole reading under one meaning of the field. No value."""

from __future__ import annotations

from agent.core.drift import Rates
from agent.state.store import Tx


def baselines(tx: Tx, scope: str) -> dict[str, tuple[str, Rates]]:
    """Field -> (meaning, counts)."""
    rows = tx.rows("select field, meaning, rows, nulls, misfits, hits from field_rates where scope = ?", (scope,))
    return {str(row[0]): (str(row[1]), Rates(*row[2:])) for row in rows}


def begin(tx: Tx, scope: str, field: str, meaning: str, rates: Rates) -> None:
    """From now on the field is held against these counts."""
    tx.write(
        "insert or replace into field_rates (scope, field, meaning, rows, nulls, misfits, hits)"
        " values (?, ?, ?, ?, ?, ?, ?)",
        (scope, field, meaning, rates.rows, rates.nulls, rates.misfits, rates.hits),
    )


def forget(tx: Tx, scope: str, field: str) -> None:
    """The next whole reading is the new baseline."""
    tx.write("delete from field_rates where scope = ? and field = ?", (scope, field))
