"""A SQLite file as DMS. It has no accounts and no log: nothing can be refused, and the demo says so."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from agent.core.source import SourceSettings
from agent.demo.dms import Dealership
from agent.demo.dms_ddl import create_indexes, create_table, quoted
from agent.demo.engine import Answer, Engine, EngineKind, LoggedStatement
from agent.demo.odbc_drivers import driver_for
from agent.errors import ConfigError


class SqliteEngine:
    kind: EngineKind = "sqlite"
    schema = "main"
    password = ""

    def __init__(self, folder: Path, name: str, driver: str) -> None:
        self._folder, self._driver, self._made = folder, driver, 0
        self.file = folder / name
        self.settings = SourceSettings(
            name="dms",
            driver=driver,
            dialect="sqlite",
            database=str(self.file.resolve()),
            password_key="dms",  # noqa: S106 (a name)
        )

    def table(self, name: str) -> str:
        return quoted("sqlite", self.schema, name)

    def admin(self, sql: str) -> Answer:
        db = sqlite3.connect(self.file)
        answer: Answer = []
        try:
            with db:
                for statement in (part.strip() for part in sql.split(";")):
                    if statement:
                        rows = db.execute(statement).fetchall()
                        answer = [tuple(None if cell is None else str(cell) for cell in row) for row in rows]
        except sqlite3.Error:
            raise ConfigError("demo-sql", "SQLite refused a statement of the owner", "report it") from None
        finally:
            db.close()
        return answer

    def load(self, dealership: Dealership) -> int:
        loaded = 0
        db = sqlite3.connect(self.file)
        with db:
            for table in dealership.tables():
                db.execute(create_table(table, self.schema, "sqlite"))
                places = ", ".join("?" * len(table.columns))
                fill = f"INSERT INTO {self.table(table.name)} VALUES ({places})"  # noqa: S608 (names of our own)
                cursor = db.executemany(fill, dealership.rows(table.name))
                loaded += cursor.rowcount
                for index in create_indexes(table, self.schema, "sqlite"):
                    db.execute(index)
        db.close()
        return loaded

    def statement_log(self) -> list[LoggedStatement]:
        return []

    def fresh(self) -> Engine:
        self._made += 1
        return SqliteEngine(self._folder, f"{self.file.stem}-{self._made}.sqlite", self._driver)

    def stop(self) -> None:
        """Nothing runs; the file stays with the demo's folder."""


def start_sqlite(folder: Path) -> Engine:
    return SqliteEngine(folder, "dms.sqlite", driver_for("sqlite"))
