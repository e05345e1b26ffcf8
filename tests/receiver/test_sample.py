"""The sample's verdicts are what the receiver really says, taken in the sample's order."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from pathlib import Path

import pytest

from agent.core.answers import WireError
from agent.core.jws import kid_of
from agent.core.seal import SealedBatch, manifest_sha256, open_content, read_manifest
from agent.errors import ConfigError
from agent.receiver.enroll import check_sender
from agent.receiver.house import ReceiverHouse, open_house
from agent.receiver.ledger import take
from agent.receiver.sample import write_sample
from agent.receiver.verify import verify_all

NOW = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)


def enroll(house: ReceiverHouse, keys: list[dict[str, str]]) -> None:
    with house.store.writing() as db:
        for jwk in keys:
            plain = json.dumps({part: jwk[part] for part in ("kty", "crv", "x", "y")})
            db.execute(
                "INSERT INTO keys (kid, jwk, instance_id, roll_sha256, enrolled_at) VALUES (?, ?, 'i', 'r', 'now')",
                (kid_of(jwk), plain),
            )
            db.execute("INSERT INTO key_dealers VALUES (?, ?)", (kid_of(jwk), jwk["dealer_code"]))


def verdict(house: ReceiverHouse, compact: str, body: bytes) -> str:
    try:
        kid, described = read_manifest(compact, house.find_key)
        if described.aud != house.name:
            return "wrong_stream"
        with house.store.reading() as db:
            check_sender(db, kid, described.dealer_code)
        opened = open_content(SealedBatch(described, compact, manifest_sha256(compact), body), kid)
        return "again" if take(house, opened).again else "accept"
    except WireError as refused:
        return refused.problem


def test_the_receiver_gives_the_verdicts_the_sample_promises(tmp_path: Path) -> None:
    cases = write_sample(tmp_path / "sample", 3, 5, "example-motors-na", NOW)
    told = json.loads((tmp_path / "sample" / "expected.json").read_bytes())
    assert len(told) == len(cases) == 3 * (2 * 5 + 4 * 9 + 1)
    house = open_house(tmp_path / "oem", "example-motors-na")
    try:
        enroll(house, json.loads((tmp_path / "sample" / "keys.json").read_bytes())["keys"])
        for case in told:
            compact = (tmp_path / "sample" / case["manifest"]).read_text("ascii").strip()
            body = gzip.decompress((tmp_path / "sample" / case["body"]).read_bytes())
            assert verdict(house, compact, body) == case["expect"], case
        found = verify_all(house)
        assert (found.ok, found.batches) == (True, 3 * 10)
    finally:
        house.close()


def test_it_never_writes_over_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        write_sample(tmp_path, 1, 1, "example-motors-na", NOW)
