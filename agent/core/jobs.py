"""What supervisor and reader child say to each other: jobs in, frames out, msgpack with a length in front.

The child is handed what it needs to read and screen, and no signing key, outbox key, recipient address or state file.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import msgspec

from agent.core.changes import Cursor, Since
from agent.core.pins import Pins
from agent.core.record_page import RecordPage
from agent.core.ruleset import ChoicesRules, DatasetRules, Purpose, Regime
from agent.core.source import SourceSettings

Key = tuple[str | int, ...]
Range = tuple[Key | None, Key | None]
_LENGTH = 4
_FRAME_MAX = 256 * 1024 * 1024


class HandedKeys(msgspec.Struct, frozen=True, array_like=True):
    """`ids.StreamKeys` on its way to the child."""

    id: bytes
    nonce: bytes
    pseudonym: bytes
    recipient_pseudonym: bytes
    persons: bytes

    def __repr__(self) -> str:
        return "HandedKeys(...)"


class Heeded(msgspec.Struct, frozen=True, array_like=True):
    """What facts mean for one person's rows (or one record's): what may not leave, and where a yes is on record."""

    subject: bytes
    stopped: frozenset[str]
    given: frozenset[str]

    def __repr__(self) -> str:
        return "Heeded(...)"


class DatasetJob(msgspec.Struct, frozen=True, tag="dataset"):
    """Read one dataset for one store. `ranges`: key ranges (above, up to) in order; an open end is read page by page.
    `since`: read what has changed first, and the ranges behind it; None: the ranges are all there is. `pinned`: names
    that must still mean what they meant when the policy was imported. `held`: fields that drifted and stay back until
    officers release them. `heeded`: what people said elsewhere than in the DMS. `most_pages`: of the ranges, then the
    reading is over; None: all of them."""

    source: SourceSettings
    password: str
    rules: DatasetRules
    store: str
    purpose: Purpose
    regime: Regime
    keys: HandedKeys
    ranges: list[Range]
    page_rows: int
    today: dt.date
    pinned: Pins = ()
    held: frozenset[str] = frozenset()
    heeded: list[Heeded] = []
    since: Since | None = None
    most_pages: int | None = None

    def __repr__(self) -> str:
        return f"DatasetJob({self.rules.name}, store {self.store})"


class ChoicesJob(msgspec.Struct, frozen=True, tag="choices"):
    """Read the choices table: person keys, choice codes, and what the rules call contacts; nothing else."""

    source: SourceSettings
    password: str
    rules: ChoicesRules
    persons_key: bytes
    ranges: list[Range]
    page_rows: int
    pinned: Pins = ()
    since: Since | None = None

    def __repr__(self) -> str:
        return f"ChoicesJob({self.rules.name})"


class NumbersJob(msgspec.Struct, frozen=True, tag="numbers"):
    """Find the DMS's own numbers of these people: the choices table is read again, and who is not asked for is not
    answered."""

    source: SourceSettings
    password: str
    rules: ChoicesRules
    persons_key: bytes
    wanted: list[bytes]
    page_rows: int
    pinned: Pins = ()

    def __repr__(self) -> str:
        return f"NumbersJob({self.rules.name})"


Job = DatasetJob | ChoicesJob | NumbersJob


class PageFrame(msgspec.Struct, frozen=True, tag="page"):
    """One page read and screened. `range_no`: which range it belongs to. `exhausted`: the
    range was read to its end. `upper`: the last source key seen in it, null when it held no row."""

    range_no: int
    exhausted: bool
    upper: Key | None
    page: RecordPage


class ChoicesFrame(msgspec.Struct, frozen=True, tag="choices_page"):
    """Person hashes (16 bytes each) and their states texts. `contacts`: as many hashes per person as the rules name
    contacts, joined."""

    range_no: int
    exhausted: bool
    upper: Key | None
    people: bytes
    states: list[str]
    contacts: bytes = b""

    def __repr__(self) -> str:
        return f"ChoicesFrame({len(self.states)} people)"


class Clock(msgspec.Struct, frozen=True, tag="clock"):
    """The DMS server's clock when the job began. Only where the rules name a change column."""

    at: str


class Unserved(msgspec.Struct, frozen=True, tag="unserved"):
    """Changes cannot be asked for, and why: everything must be compared. The last frame before Done."""

    why: str


class ChangesFrame(msgspec.Struct, frozen=True, tag="changes"):
    """One page of changed rows, wherever their keys stand. `left`: ids (16 bytes each) of rows that changed and are not
    in the dataset any more, known to the OEM or not."""

    cursor: Cursor
    left: bytes
    page: RecordPage


class ChoicesChangesFrame(msgspec.Struct, frozen=True, tag="choices_changes"):
    """`ChoicesFrame` for people whose row has changed."""

    cursor: Cursor
    people: bytes
    states: list[str]
    contacts: bytes = b""

    def __repr__(self) -> str:
        return f"ChoicesChangesFrame({len(self.states)} people)"


class NumbersFrame(msgspec.Struct, frozen=True, tag="numbers_page"):
    """Person hashes and beside each its key in the DMS: for a person's eyes, by her asking."""

    people: list[bytes]
    numbers: list[tuple[str, ...]]

    def __repr__(self) -> str:
        return f"NumbersFrame({len(self.numbers)} people)"


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The child's error in our own words; never the driver's."""

    kind: str
    code: str
    what: str
    advice: str


class Done(msgspec.Struct, frozen=True, tag="done"):
    rows: int


Frame = PageFrame | ChoicesFrame | NumbersFrame | Clock | Unserved | ChangesFrame | ChoicesChangesFrame | Failed | Done
_encoder = msgspec.msgpack.Encoder()
_job_decoder = msgspec.msgpack.Decoder(Job)
_frame_decoder = msgspec.msgpack.Decoder(Frame)


def packed(message: Job | Frame) -> bytes:
    """One message with its length in front."""
    data = _encoder.encode(message)
    return len(data).to_bytes(_LENGTH, "big") + data


def read_job(read: Callable[[int], bytes]) -> Any:
    """The next job, or None at the end of the stream."""
    data = _next(read)
    return None if data is None else _job_decoder.decode(data)


def read_frame(read: Callable[[int], bytes]) -> Any:
    """The next frame, or None when the child is gone."""
    data = _next(read)
    return None if data is None else _frame_decoder.decode(data)


def _next(read: Callable[[int], bytes]) -> bytes | None:
    head = read(_LENGTH)
    if len(head) < _LENGTH:
        return None
    length = int.from_bytes(head, "big")
    if length > _FRAME_MAX:
        return None
    data = read(length)
    return data if len(data) == length else None
