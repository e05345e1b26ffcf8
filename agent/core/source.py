"""How a DMS database is reached. From agent.yaml (config.py); a value for dms and the reader child."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DialectName = Literal["sqlserver", "postgresql", "mariadb", "sqlite", "generic"]


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """One entry of `sources:`. The password is never in here: `password_key` names it in the key store."""

    name: str
    driver: str  # a registered ODBC driver name, or the absolute path of a driver library
    dialect: DialectName
    server: str = ""
    port: int = 0
    database: str = ""
    user: str = ""
    password_key: str = ""
    zone: str = "UTC"
    overlap_s: int = 0
    quiet_hours: str = ""
    statement_s: int = 60
