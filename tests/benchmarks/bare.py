"""What everything is held against: the fastest plain loop over the same columns. Reads, and throws away."""

from __future__ import annotations

from typing import Any

PAGE = 5_000
READ = {
    8: ("CUST_NO", "FIRST_NAME", "LAST_NAME", "EMAIL1", "LANGUAGE", "CREATED_ON", "OPT_OUT", "BLOCK_EMAIL"),
    20: (
        "CUST_NO", "FIRST_NAME", "LAST_NAME", "EMAIL1", "LANGUAGE", "CREATED_ON", "OPT_OUT", "BLOCK_EMAIL",
        "BLOCK_MAIL", "CALL_OK", "SMS_OK", "CELL_PHONE", "ADDRESS1", "CITY", "STATE", "ZIP", "STATUS", "MODEL",
        "MODEL_YEAR", "ODOMETER",
    ),
}  # fmt: skip
"""What the agent selects of `table.TABLE`, choices included: the bare loop reads exactly these."""


def page_sql(table: str, columns: tuple[str, ...], quote: str) -> str:
    names = ", ".join(f"{quote}{name}{quote}" for name in columns)
    key = f"{quote}{columns[0]}{quote}"
    return f"SELECT {names} FROM {table} WHERE {key} > ? ORDER BY {key} LIMIT {PAGE}"


def read_all(connection: Any, table: str, columns: tuple[str, ...], quote: str) -> int:
    """Keyset pages of 5,000 over pyodbc; how many rows came."""
    sql = page_sql(table, columns, quote)
    rows, low = 0, 0
    cursor = connection.cursor()
    while True:
        page = cursor.execute(sql, (low,)).fetchall()
        if not page:
            return rows
        rows += len(page)
        low = page[-1][0]
