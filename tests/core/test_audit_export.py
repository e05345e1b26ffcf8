"""Attacks on an audit record that somebody took away: whoever has the file alone finds each of them, and says which."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.core.audit import GENESIS, make_entry
from agent.core.audit_export import checkpoint, verify_export, write_export
from agent.core.manifest import Counts
from agent.core.receipt import TYP, Receipt
from agent.keys.signing import Signer

AT = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)
LENGTH = 200


def signer() -> Signer:
    return Signer(ec.generate_private_key(ec.SECP256R1()))


OURS, NEXT, THEIRS, THIEF = signer(), signer(), signer(), signer()


def receipt(head: str, n: int, by: Signer = THEIRS) -> str:
    said = Receipt(
        iss="example-motors-na", aud="EX1234", receipt_id=f"r{n}", stream_id="s", epoch=1, seq=n, batch_id=f"b{n}",
        manifest_sha256=GENESIS, content_sha256=GENESIS, audit_head=head, counts=Counts(),
        received_at="2026-11-22T09:00:00Z",
    )  # fmt: skip
    from msgspec.json import encode

    return by.sign(TYP, encode(said))


@dataclass
class Record:
    """An agent's record: entries, checkpoints every 40 entries, receipts every 30, another key from entry 100 on."""

    word: str = "customers"
    length: int = LENGTH
    instance: str = "instance-1"
    entries: list[tuple[bytes, str]] = field(default_factory=list)
    checkpoints: list[str] = field(default_factory=list)
    receipts: list[str] = field(default_factory=list)
    keys: tuple[Signer, Signer] = (OURS, NEXT)

    def __post_init__(self) -> None:
        head, by = GENESIS, self.keys[0]
        for n in range(1, self.length + 1):
            facts: dict = {"dataset": self.word, "rows": n}
            event = "read"
            if n == 100:
                event, by = "key_rotated", self.keys[1]
                facts = {"use": "checkpoint", "kid": by.kid, "old_kid": OURS.kid, "jwk": json.dumps(dict(by.jwk))}
            entry = make_entry(n, head, event, AT, "service", facts)
            head = entry.sha256
            self.entries.append((entry.data, head))
            if n % 40 == 0:
                self.checkpoints.append(checkpoint(n, head, AT.isoformat(), self.instance, by.sign))
            if n % 30 == 0:
                self.receipts.append(receipt(head, n))
        self.last = by

    def file(self) -> bytes:
        jwks = {"checkpoint": dict(self.keys[0].jwk), "receipts": [dict(THEIRS.jwk)]}
        return write_export(self.instance, jwks, self.entries, self.checkpoints, self.receipts, self.last.sign)


@pytest.fixture(scope="module")
def whole() -> bytes:
    return Record().file()


def lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


def problem(*parts: bytes) -> str:
    return verify_export(b"".join(parts)).problem


def test_an_untouched_record_holds_and_says_how_far_receipts_reach(whole: bytes) -> None:
    verdict = verify_export(whole)
    assert (verdict.problem, verdict.entries, verdict.anchored, verdict.younger) == ("", LENGTH, 180, 20)
    assert verdict.checkpoint_kid == NEXT.kid
    assert verdict.receipt_kids == (THEIRS.kid,)


@pytest.mark.parametrize("step", [pytest.param(1, marks=[pytest.mark.long, pytest.mark.timeout(7200)]), 503])
def test_every_byte_counts(whole: bytes, step: int) -> None:
    tried = 0
    for i in range(0, len(whole), step):
        changed = whole[:i] + bytes([whole[i] ^ 1]) + whole[i + 1 :]
        assert problem(changed), i
        tried += 1
    assert tried >= len(whole) // step


@pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.long), 17])
def test_every_line_dropped_doubled_swapped_or_from_elsewhere_is_named(whole: bytes, step: int) -> None:
    mine, other = lines(whole), lines(Record("vehicles").file())
    assert len(mine) == LENGTH + 1 + 5 + 6 + 1
    for i in range(0, len(mine), step):
        assert problem(*mine[:i], *mine[i + 1 :]), ("dropped", i)
        assert problem(*mine[: i + 1], *mine[i:]), ("doubled", i)
        if i and i + 1 < len(mine):
            assert problem(*mine[:i], mine[i + 1], mine[i], *mine[i + 2 :]), ("swapped", i)
        if mine[i] != other[i] and other[i]:
            assert problem(*mine[:i], other[i], *mine[i:]), ("inserted", i)
            if i > 1:  # both begin with the same header: from the first entry on it is the other record itself
                assert problem(*mine[:i], *other[i:]), ("spliced", i)


@pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.long), 23])
def test_a_tail_cut_anywhere_is_missed(whole: bytes, step: int) -> None:
    mine = lines(whole)
    for kept in range(0, len(mine) - 1, step):
        assert "missing" in problem(*mine[:kept]) or "not a line" in problem(*mine[:kept])
        assert problem(*mine[:kept], mine[-1]), "the end does not belong to a shorter record"


def test_the_names_of_the_faults(whole: bytes) -> None:
    mine = lines(whole)
    assert problem(*mine[:50], *mine[51:]).startswith("entry 50: its number is not the next one")
    assert problem(mine[0], mine[1].replace(b"customers", b"prospects"), *mine[2:]).startswith("entry 1: its bytes")
    assert "cut off" in problem(*mine[:-1])
    early = Record(length=80).file()
    assert "another record" in problem(*mine[:-1], lines(early)[-1])
    old = [line for line in mine if b'"checkpoint"' in line[-40:]]
    assert len(old) == 5
    at = mine.index(old[0])
    assert "old one" in problem(*mine[: at + 5], old[0], *mine[at + 5 :])


def test_a_key_that_the_chain_does_not_announce_signs_nothing() -> None:
    record = Record()
    n, head = LENGTH, record.entries[-1][1]
    record.checkpoints.append(checkpoint(n, head, AT.isoformat(), record.instance, THIEF.sign))
    assert "a checkpoint does not verify" in verify_export(record.file()).problem
    early = Record()
    early.checkpoints.insert(0, checkpoint(30, early.entries[29][1], AT.isoformat(), early.instance, NEXT.sign))
    assert "came into use later" in verify_export(early.file()).problem
    stranger = Record()
    stranger.checkpoints[-1] = checkpoint(200, stranger.entries[-1][1], AT.isoformat(), "another", NEXT.sign)
    assert "another agent's" in verify_export(stranger.file()).problem


def test_a_record_written_anew_with_a_stolen_key_is_caught_by_the_oems_receipts() -> None:
    true = Record()
    forged = Record("prospects")  # the thief holds both of our keys, and signs a new history
    forged.receipts = []
    verdict = verify_export(forged.file())
    assert (verdict.problem, verdict.anchored, verdict.younger) == ("", 0, LENGTH), "alone, nothing anchors it"
    assert "not in this record" in verify_export(forged.file(), true.receipts).problem
    forged.receipts = [receipt(forged.entries[29][1], 30, by=THIEF)]
    assert "does not verify under the OEM's keys" in verify_export(forged.file()).problem
    shorter = Record(length=100)
    shorter.receipts = []
    assert "tail was cut" in verify_export(shorter.file(), true.receipts).problem
    assert verify_export(true.file(), true.receipts).problem == ""


@pytest.mark.parametrize("data", [b"", b"\n", b"{}\n", b"7\n", b'{"kind":"header"}\n', b"\xff\n"])
def test_what_is_no_record_is_said_to_be_none(data: bytes) -> None:
    assert verify_export(data).problem
