"""A seeded dealership at work: inserts, updates, deletes, moves out of the filter, late and out-of-order commits,
clocks set back, transactions held open. Its only word on time is what it writes into LAST_CHANGED."""

from __future__ import annotations

import datetime as dt
import random
import threading
from zoneinfo import ZoneInfo

from agent.demo.dms_ddl import quoted
from tests.story.world import World

ZONE = ZoneInfo("America/New_York")
HELD_OPEN_S = 2
_SLEEP = {"postgresql": f"SELECT pg_sleep({HELD_OPEN_S})", "mariadb": f"DO SLEEP({HELD_OPEN_S})"}


class Writer:
    """`late_s`: (least, most) seconds by which a stamp lies before its commit."""

    def __init__(self, made: World, seed: int, late_s: tuple[int, int]) -> None:
        self.made, self.chance, self.late_s = made, random.Random(seed), late_s
        self.kind = made.engine.kind
        self.table = made.table("VEHICLE")
        self.seed, self.new = seed, 0
        self.written: dict[str, int] = {}

    def round(self, operations: int) -> None:
        """So many operations, each its own transaction, stamped in no order."""
        self.made.sql(";\n".join(self._operation() for _ in range(operations)) + ";")

    def _count(self, kind: str) -> None:
        self.written[kind] = self.written.get(kind, 0) + 1

    def hold(self) -> threading.Thread:
        """A transaction that stamps a row now and commits some seconds later; join it."""
        self._count("held open")
        mine = self._changed("ODOMETER", f"{self._name('ODOMETER')} + 1", 0)
        if self.kind == "sqlite":
            held = threading.Thread(target=self._hold_sqlite, args=(mine,))
        else:
            sql = f"BEGIN; {mine}; {_SLEEP[self.kind]}; COMMIT;"
            held = threading.Thread(target=self.made.sql, args=(sql,))
        held.start()
        return held

    def _hold_sqlite(self, sql: str) -> None:
        import sqlite3
        import time

        db = sqlite3.connect(self.made.engine.settings.database, timeout=60, isolation_level=None)
        db.execute("BEGIN")
        db.execute(sql)
        time.sleep(HELD_OPEN_S)
        db.execute("COMMIT")
        db.close()

    def _operation(self) -> str:
        late = self.chance.randint(*self.late_s)
        kind = self.chance.choices(
            ["update", "insert", "delete", "leave", "return", "rename", "unstamped", "ahead"],
            [12, 5, 3, 4, 4, 2, 1, 1],
        )[0]
        self._count(kind)
        if kind == "insert":
            return self._insert(late)
        if kind == "delete":
            return f"DELETE FROM {self.table} WHERE {self._some()}"
        if kind in ("leave", "return"):
            return self._changed("MAKE", "'OTHER'" if kind == "leave" else "'EXAMPLE'", late)
        if kind == "rename":
            self.new += 1
            return self._changed("VIN", f"'{self._vin()}'", late, some=self._one())
        if kind == "unstamped":
            odometer = self._name("ODOMETER")
            return (
                f"UPDATE {self.table} SET {odometer} = {odometer} + 5, {self._name('LAST_CHANGED')} = NULL"
                f" WHERE {self._some()}"
            )
        return self._changed("ODOMETER", f"{self._name('ODOMETER')} + 1", -300 if kind == "ahead" else late)

    def _changed(self, column: str, value: str, late_s: int, some: str = "") -> str:
        stamp = f"{self._name('LAST_CHANGED')} = '{self._stamp(late_s)}'"
        return f"UPDATE {self.table} SET {self._name(column)} = {value}, {stamp} WHERE {some or self._some()}"

    def _insert(self, late_s: int) -> str:
        self.new += 1
        names = ("VIN", "OWNER_NO", "STORE_NO", "MAKE", "MODEL", "YEAR", "ODOMETER", "LAST_CHANGED")
        vin = self._vin()
        store = self.chance.choice(["01", "04"])
        odometer = self.chance.randint(1, 90_000)
        values = (
            f"'{vin}', 1, '{store}', '{self.chance.choice(['EXAMPLE', 'OTHER'])}', 'Stormer', 2020, {odometer},"
            f" '{self._stamp(late_s)}'"
        )
        return f"INSERT INTO {self.table} ({', '.join(map(self._name, names))}) VALUES ({values})"

    def _vin(self) -> str:
        return f"STORM{self.seed:04d}{self.new:08d}"

    def _stamp(self, late_s: int) -> str:
        return f"{dt.datetime.now(ZONE) - dt.timedelta(seconds=late_s):%Y-%m-%d %H:%M:%S}"

    def _some(self) -> str:
        """A few rows, the same on every engine."""
        return f"{self._name('ODOMETER')} % 23 = {self.chance.randrange(23)}"

    def _one(self) -> str:
        """At most one row: two cannot be given one key."""
        vin, miles = self._name("VIN"), self._name("ODOMETER")
        least = f"SELECT MIN(x.{vin}) FROM {self.table} x WHERE x.{miles} % 7 = {self.chance.randrange(7)}"
        return f"{vin} IN (SELECT y.a FROM (SELECT ({least}) AS a) y)"

    def _name(self, column: str) -> str:
        return quoted(self.made.engine.settings.dialect, column)
