"""A make-believe dealership from a seed: the same seed gives the same bytes, row by row, on every machine.

Rows are streamed; no row is held. `planted` names every wide nonpublic value in it, `marker` what each customer allows
to leave. Unique up to `CUSTOMERS_AT_MOST`; there is no randomness but the seed and no clock but `today`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache

from agent.demo.dms_draws import Cell, Row, has_trade
from agent.demo.dms_plan import SHOWCASE, Car, Household, Plan
from agent.demo.dms_rows import Rows
from agent.demo.dms_schema import SCHEMA, DemoTable
from agent.demo.dms_unique import BIRTH_CAPACITY, marker

__all__ = ["SCHEMA", "SHOWCASE", "Dealership", "PlantedValue", "marker", "planted", "tables"]

TODAY = dt.date(2026, 11, 20)
CUSTOMERS_AT_MOST = 200_000


@dataclass(frozen=True, slots=True)
class PlantedValue:
    """A nonpublic value that occurs once in the database, so that finding it anywhere else is a leak."""

    kind: str
    table: str
    column: str
    key: tuple[Cell, ...]
    value: str

    def __repr__(self) -> str:
        return f"PlantedValue({self.kind}, {self.table}.{self.column})"


@dataclass(frozen=True, slots=True)
class Dealership:
    seed: int
    customers: int
    nonpublic: int = 0  # 0 or 1: equal but for nonpublic columns
    today: dt.date = TODAY
    note: Callable[[PlantedValue], None] | None = field(default=None, compare=False)  # told as `rows` passes by

    def tables(self) -> tuple[DemoTable, ...]:
        return tuple(SCHEMA.values())

    def rows(self, table: str) -> Iterator[tuple[Cell, ...]]:
        """The table's rows, cells in the order of its columns."""
        names = SCHEMA[table].names
        for row in self._dicts(table):
            if self.note is not None:
                for value in self._planted_in(SCHEMA[table], row):
                    self.note(value)
            yield tuple([row[name] for name in names])

    def planted(self) -> Iterator[PlantedValue]:
        """Every wide nonpublic value, those typed into notes too."""
        for table in SCHEMA.values():
            for row in self._dicts(table.name):
                yield from self._planted_in(table, row)

    def _planted_in(self, table: DemoTable, row: Row) -> Iterator[PlantedValue]:
        key = tuple([row[name] for name in table.key])
        for column, kind in _kinds(table.name):
            value = row[column]
            if value is not None and (column != "BIRTH_DATE" or 2 * self.customers <= BIRTH_CAPACITY):
                yield PlantedValue(kind, table.name, column, key, str(value))
        for name, value in row.items():
            if name[0] == "+":
                yield PlantedValue("comment", table.name, name[1:], key, str(value))

    def markers(self) -> Iterator[tuple[int, str]]:
        """(customer number, marker) of every customer."""
        plan = _plan(self.seed, self.customers, self.today)
        return ((number, marker(number)) for number in plan.numbers())

    def _dicts(self, table: str) -> Iterator[Row]:
        return _WALKS[table](Rows(_plan(self.seed, self.customers, self.today), self.nonpublic))


@cache
def _kinds(table: str) -> tuple[tuple[str, str], ...]:
    return tuple((c.name, str(c.planted)) for c in SCHEMA[table].columns if c.planted)


@lru_cache(maxsize=2)
def _plan(seed: int, customers: int, today: dt.date) -> Plan:
    """The plan of a small dealership is walked once for all nine tables."""
    return Plan(seed, customers, today)


def tables(seed: int, customers: int, nonpublic: int = 0, today: dt.date = TODAY) -> Dealership:
    if nonpublic not in (0, 1) or not 0 <= customers <= CUSTOMERS_AT_MOST:
        raise ValueError(f"nonpublic is 0 or 1, customers at most {CUSTOMERS_AT_MOST}")
    return Dealership(seed, customers, nonpublic, today)


def planted(seed: int, customers: int, nonpublic: int = 0) -> Iterator[PlantedValue]:
    return tables(seed, customers, nonpublic).planted()


def _customers(rows: Rows) -> Iterator[Row]:
    return (rows.customer(home) for home in rows.plan.households())


def _vehicles(rows: Rows) -> Iterator[Row]:
    return (rows.vehicle(home, car) for home in rows.plan.households() for car in home.cars)


def _of_deals(row_of: Callable[[Household, Car], Row | None], rows: Rows) -> Iterator[Row]:
    """What stands in a table once for each car that was sold here, or not at all."""
    for home in rows.plan.households():
        for car in home.cars:
            if car.sold_here and (row := row_of(home, car)) is not None:
                yield row


def _trades(rows: Rows) -> Iterator[Row]:
    return _of_deals(lambda home, car: rows.trade(home, car) if has_trade(car) else None, rows)


def _repair_orders(rows: Rows) -> Iterator[Row]:
    for home in rows.plan.households():
        for car in home.cars:
            for visit in car.visits:
                yield rows.repair_order(home, car, visit)


def _lines(rows: Rows) -> Iterator[Row]:
    for home in rows.plan.households():
        for car in home.cars:
            for visit in car.visits:
                yield from rows.lines(home, visit)


def _appointments(rows: Rows) -> Iterator[Row]:
    return (rows.appointment(home, car) for home in rows.plan.households() for car in home.cars if car.index % 4 < 3)


_WALKS: dict[str, Callable[[Rows], Iterator[Row]]] = {
    "CUSTOMER": _customers,
    "VEHICLE": _vehicles,
    "SALES_DEAL": lambda rows: _of_deals(rows.deal, rows),
    "REPAIR_ORDER": _repair_orders,
    "RO_LINE": _lines,
    "APPOINTMENT": _appointments,
    "TRADE_IN": _trades,
    "FIN_CONTRACT": lambda rows: _of_deals(rows.contract, rows),
    "CREDIT_APP": lambda rows: _of_deals(rows.credit_app, rows),
}
