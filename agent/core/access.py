"""The access record: what this account was asked and answered, when, and what was not shown. It claims nothing else.

Canonical JSON bytes, so that a digest in a manifest and a signature name exactly one record.
A record of a single day that asked one column of each table names the record it rests on, which asked all.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Literal

import msgspec

from agent.core.pins import PinnedTable

# refused: every ungranted column of the inventory was refused. wide: something could be read, or could not be shown
# to be refused. not_enforced: this engine refuses nobody. file_header: a file whose header names nothing else.
AccessStatus = Literal["refused", "wide", "not_enforced", "file_header"]
RECORD_TYP = "fieldgate-access+jws"


@dataclass(frozen=True, slots=True, order=True)
class ColumnAnswer:
    """One column and what the database said: a listed denial code, or why nothing was shown. Empty where not asked."""

    schema: str
    table: str
    column: str
    code: str = ""

    def __str__(self) -> str:
        return ".".join(part for part in (self.schema, self.table, self.column) if part)


@dataclass(frozen=True, slots=True)
class AccessRecord:
    source: str
    dialect: str
    account: str  # as the database names it
    asked_at: dt.datetime  # aware, UTC
    inventory_sha256: str
    status: AccessStatus
    reasons: tuple[str, ...]  # why the account is wide, or why nothing is enforced: "code: names"
    granted: tuple[ColumnAnswer, ...]  # what the policies' queries read; the positive control stands among them
    refused: tuple[ColumnAnswer, ...]
    readable: tuple[ColumnAnswer, ...]  # not granted by any policy, and the database would hand it over
    not_shown: tuple[ColumnAnswer, ...]  # neither refused by a listed code nor readable for certain
    sql: str = ""  # the statement each column was asked for with, in this engine's words
    not_asked: int = 0  # ungranted columns that the privilege functions denied and no statement asked for today
    rests_on: str = ""  # digest of the record that asked all of them; empty where this one did
    renamed: tuple[
        ColumnAnswer, ...
    ] = ()  # new names that took a granted column's place, and its grant: read by nobody
    # `enforcement: view`: the DBA's views that the account reads instead of tables, each found to hand on the granted
    # columns of its table and nothing else. `refused` then holds the granted columns of the tables themselves too.
    views: tuple[PinnedTable, ...] = ()
    read_blind: tuple[ColumnAnswer, ...] = ()  # granted free text: nobody can say beforehand what stands in it

    def to_bytes(self) -> bytes:
        return msgspec.json.encode(self, order="sorted")

    def digest(self) -> str:
        return "sha256:" + hashlib.sha256(self.to_bytes()).hexdigest()


def read_access_record(data: bytes) -> AccessRecord:
    """The record again from its bytes; ValueError when they are not one."""
    return msgspec.json.decode(data, type=AccessRecord, strict=True)


def judge(
    *, reasons: tuple[str, ...], readable: tuple[ColumnAnswer, ...], not_shown: tuple[ColumnAnswer, ...]
) -> AccessStatus:
    """Anything readable, any width, any doubt: wide."""
    return "wide" if reasons or readable or not_shown else "refused"
