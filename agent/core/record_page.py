"""What `records` makes and everybody behind it takes. Apart from it, because who stores, signs and sends needs neither
the screen nor its megabyte, and must not be able to open raw rows."""

from __future__ import annotations

import msgspec


class RecordPage(msgspec.Struct, frozen=True, array_like=True):
    """What may leave of one page. Parallel sequences in source-key order; hashes are joined, 16 bytes each.

    `keys`: the source keys of the records, each a msgpack array of texts. `withheld_*`: rows kept back whole.
    `field_counts`: "field:reason" -> how many values were kept back while their record left.
    `rates`: per field of the rules, over all rows: null, unfit for the type, stopped by the screen.
    """

    dataset: str
    rows: int
    lines: list[bytes]
    ids: bytes
    nonces: bytes
    persons: bytes
    keys: list[bytes]
    withheld_ids: bytes
    withheld_reasons: list[str]
    withheld_persons: bytes
    field_counts: dict[str, int]
    rates: list[tuple[int, int, int]] = []

    def __repr__(self) -> str:
        return f"RecordPage({self.dataset}: {len(self.lines)} of {self.rows} rows)"


def no_records(dataset: str) -> RecordPage:
    """The page of a key range in which no row is left."""
    return RecordPage(dataset, 0, [], b"", b"", b"", [], b"", [], b"", {})
