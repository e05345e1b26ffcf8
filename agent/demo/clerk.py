"""The dealership's own people at the DMS: independent counts and a clerk's changes, in plain SQL as its owner.

Written by hand and apart from the query builder on purpose: these are the second place each figure comes from.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from agent.demo.dms_ddl import quoted
from agent.demo.engine import Engine

_ZONE = ZoneInfo("America/New_York")

# ruff: noqa: S608  (every name in here is the generator's own)


class Clerk:
    """Answers are counts and keys."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def count(self, table: str, where: str = "1 = 1", alias: str = "t") -> int:
        return int(self._one(f"SELECT COUNT(*) FROM {self._engine.table(table)} {alias} WHERE {where}"))

    def customers_with_example(self, more: str = "1 = 1") -> int:
        return self.count("CUSTOMER", f"{self.owns_example('t')} AND {more}")

    def owns_example(self, alias: str) -> str:
        vehicle = self._engine.table("VEHICLE")
        return (
            f"EXISTS (SELECT 1 FROM {vehicle} v WHERE v.{self.name('OWNER_NO')} = {alias}.{self.name('CUST_NO')}"
            f" AND v.{self.name('MAKE')} = 'EXAMPLE')"
        )

    def refused(self, alias: str, key: str) -> str:
        """The person behind this key said stop to everything."""
        return (
            f"EXISTS (SELECT 1 FROM {self._engine.table('CUSTOMER')} c"
            f" WHERE c.{self.name('CUST_NO')} = {alias}.{self.name(key)} AND c.{self.name('OPT_OUT')} = 'Y')"
        )

    def of_example(self, alias: str) -> str:
        """The vehicle of this row is of the car maker's make."""
        vehicle = self._engine.table("VEHICLE")
        return (
            f"EXISTS (SELECT 1 FROM {vehicle} v WHERE v.{self.name('VIN')} = {alias}.{self.name('VIN')}"
            f" AND v.{self.name('MAKE')} = 'EXAMPLE')"
        )

    def emails_that_may_leave(self) -> list[int]:
        """Customer numbers, by the policy's words said again in SQL: unknown choices leave, refusals stay."""
        no = " AND ".join(f"(t.{self.name(c)} IS NULL OR t.{self.name(c)} <> 'Y')" for c in ("OPT_OUT", "BLOCK_EMAIL"))
        return self._customers(no)

    def _customers(self, where: str) -> list[int]:
        table = self._engine.table("CUSTOMER")
        found = self._engine.admin(
            f"SELECT t.{self.name('CUST_NO')} FROM {table} t WHERE {self.owns_example('t')} AND {where}"
        )
        return [int(row[0] or 0) for row in found]

    def typed_into_last_names(self) -> list[int]:
        """Customers whose record leaves although somebody typed an SSN into the last name."""
        last, out = self.name("LAST_NAME"), self.name("OPT_OUT")
        return self._customers(f"t.{last} LIKE '%SSN%' AND (t.{out} IS NULL OR t.{out} <> 'Y')")

    def records_of(self, number: int) -> int:
        """How many rows of the four datasets are about this customer alone and of the car maker's make."""
        own = f"t.%s = {number}"
        return (
            self.customers_with_example(own % self.name("CUST_NO"))
            + self.count("VEHICLE", f"t.{self.name('MAKE')} = 'EXAMPLE' AND {own % self.name('OWNER_NO')}")
            + self.count(
                "SALES_DEAL",
                f"{self.of_example('t')} AND t.{self.name('DEAL_STATUS')} = 'F' AND {own % self.name('BUYER_NO')}",
            )
            + self.count("REPAIR_ORDER", f"{self.of_example('t')} AND {own % self.name('CUST_NO')}")
        )

    def opt_out(self, number: int) -> None:
        """What the clerk's screen does when a customer says stop."""
        self._engine.admin(
            f"UPDATE {self._engine.table('CUSTOMER')} SET {self.name('OPT_OUT')} = 'Y', {self._changed_now()}"
            f" WHERE {self.name('CUST_NO')} = {number}"
        )

    def drive(self, other_than: int, store: str) -> str:
        """Somebody else's vehicle of the make comes in with more miles; its VIN. Something for a run to send."""
        vehicle = self._engine.table("VEHICLE")
        sql = (
            f"SELECT MIN(t.{self.name('VIN')}) FROM {vehicle} t WHERE t.{self.name('MAKE')} = 'EXAMPLE'"
            f" AND t.{self.name('STORE_NO')} = '{store}' AND t.{self.name('OWNER_NO')} <> {other_than}"
            f" AND NOT {self.refused('t', 'OWNER_NO')}"
        )
        vin = self._one(sql)
        miles = self.name("ODOMETER")
        self._engine.admin(
            f"UPDATE {vehicle} SET {miles} = {miles} + 1, {self._changed_now()} WHERE {self.name('VIN')} = '{vin}'"
        )
        return vin

    def somebody_who_never_said_no(self, but: int, not_driving: str) -> int:
        """Another customer of the make at store 01, who does not own this vehicle; 0 where there is nobody."""
        vehicle, number = self._engine.table("VEHICLE"), f"t.{self.name('CUST_NO')}"
        drives = (
            f"EXISTS (SELECT 1 FROM {vehicle} w WHERE w.{self.name('OWNER_NO')} = {number}"
            f" AND w.{self.name('VIN')} = '{not_driving}')"
        )
        found = self._engine.admin(
            f"SELECT MIN({number}) FROM {self._engine.table('CUSTOMER')} t WHERE {self.owns_example('t')}"
            f" AND t.{self.name('OPT_OUT')} = 'N' AND t.{self.name('STORE_NO')} = '01' AND {number} <> {but}"
            f" AND NOT {drives}"
        )
        return int(found[0][0]) if found and found[0][0] else 0

    def _changed_now(self) -> str:
        """The DMS stamps each row that is written, in the dealership's own time."""
        return f"{self.name('LAST_CHANGED')} = '{dt.datetime.now(_ZONE):%Y-%m-%d %H:%M:%S}'"

    def name(self, column: str) -> str:
        return quoted(self._engine.settings.dialect, column)

    def _one(self, sql: str) -> str:
        return str(self._engine.admin(sql)[0][0])
