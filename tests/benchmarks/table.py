"""The table that everything is measured on: one customer a row, 25 columns, of which 8 or 20 are read.

Deterministic and cheap to make. One customer in twenty has opted out, one in twelve refuses e-mail, half have said yes
to calls: so records leave whole, leave without a field, and stay, as in a real dealership.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agent.demo.dms_schema import Column, DemoTable

_FIRST = ("Pat", "Alex", "Jürgen", "María", "Zoë", "Linh", "Aisha", "Noah", "Mary Ann", "Owen", "Siobhán", "Grace")
_LAST = (
    "Example",
    "Nguyen",
    "O'Neil",
    "Smith-Jones",
    "Peña",
    "Kowalski",
    "Brown",
    "Patel",
    "Okafor",
    "St. Clair",
    "Weiß",
)
_CITY = (
    ("Atlanta", "GA", "30301"),
    ("Decatur", "GA", "30030"),
    ("Anniston", "AL", "36201"),
    ("Greenville", "SC", "29601"),
)
_LANGUAGE = ("EN ", "EN ", "ES ", "VI ")
_STATUS = ("ACTIVE", "ACTIVE", "SERVICE ONLY", "MOVED")
_MODEL = ("Pioneer", "Trailhead", "Metro EV", "Rancher 1500")

_TYPES = {
    "CUST_NO": "int", "STORE_NO": "char 2", "FIRST_NAME": "text 40", "LAST_NAME": "text 60", "EMAIL1": "text 120",
    "LANGUAGE": "char 3", "CREATED_ON": "date", "OPT_OUT": "char 1", "BLOCK_EMAIL": "char 1", "BLOCK_MAIL": "char 1",
    "CALL_OK": "char 1", "SMS_OK": "char 1", "CELL_PHONE": "text 20", "ADDRESS1": "text 60", "CITY": "text 40",
    "STATE": "char 3", "ZIP": "char 10", "STATUS": "text 20", "MODEL": "text 30", "MODEL_YEAR": "int",
    "ODOMETER": "int", "LAST_VISIT": "date", "SSN": "text 11", "CREDIT_LIMIT": "num 12.2", "LAST_CHANGED": "stamp",
}  # fmt: skip

TABLE = DemoTable(
    "CUSTOMER", ("CUST_NO",), tuple(Column(name, kind, "OK") for name, kind in _TYPES.items()), (("LAST_CHANGED",),)
)


@dataclass(frozen=True)
class Customers:
    """What an engine's `load` takes."""

    rows_wanted: int

    def tables(self) -> tuple[DemoTable, ...]:
        return (TABLE,)

    def rows(self, table: str) -> Iterator[tuple[object, ...]]:
        return map(row, range(1, self.rows_wanted + 1))


def row(n: int) -> tuple[object, ...]:
    city, state, postal = _CITY[n % 4]
    day = f"20{10 + n % 16:02}-{1 + n % 12:02}-{1 + n % 28:02}"
    first, last = _FIRST[n % 12], _LAST[n % 10]
    return (
        100_000 + n, "01", first, last, f"customer.{n}@mail{n % 7}.example", _LANGUAGE[n % 4], day,
        "Y" if n % 20 == 3 else "N", "Y" if n % 12 == 5 else "N", "Y" if n % 15 == 7 else " ",
        "Y" if n % 2 else "N", "Y" if n % 4 == 1 else None, f"({400 + n % 500}) 555-{n % 10_000:04}",
        f"{n % 9900} Peachtree St", city, f"{state} ", f"{postal}     ", _STATUS[n % 4], _MODEL[n % 4], 2005 + n % 21,
        n * 37 % 190_000, day if n % 3 else None, f"{n % 899 + 1:03}-{n % 98 + 1:02}-{n % 9_999:04}",
        f"{n % 90_000}.50", f"{day} 12:{n % 60:02}:{n % 59:02}",
    )  # fmt: skip
