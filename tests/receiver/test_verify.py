"""Verification believes nothing that is stored: whatever is changed behind the receiver's back is found and named."""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent.core import jws, seal
from agent.core.lines import control_line, scope_of
from agent.errors import ConfigError, SealError
from agent.receiver.house import open_house
from agent.receiver.serve import Running, start_in_thread
from agent.receiver.store import FILE
from agent.receiver.verify import read_keys, verify_all, verify_folder
from tests.core import wire_samples
from tests.receiver.fake_dealer import Dealer, close_clients, hexed, upsert


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    from agent.receiver.enroll import make_token

    folder = tmp_path_factory.mktemp("filled") / "oem"
    running: Running = start_in_thread(folder)
    dealer = Dealer(running.url, running.ca_file)
    dealer.enroll(make_token(running.house, dealer.dealer_code))
    dealer.post(upsert(1) + upsert(2))
    scope = scope_of("marketing", "2026-11-22", ("email",))
    dealer.post(control_line("customers", hexed("id", 1), hexed("n", 1), "suppress", scope), "control")
    dealer.post(upsert(3))
    close_clients(running.url)
    running.stop()
    yield folder


def test_an_untouched_store_is_sound(filled: Path) -> None:
    with closing(open_house(filled)) as house:
        found = verify_all(house)
    assert (found.ok, found.problems, found.batches, found.lines, found.records) == (True, [], 3, 4, 3)


_GUARDS = ("operations_fixed", "operations_stay", "batches_fixed", "batches_stay")
TAMPERED = {
    "a landed value changed": (
        "UPDATE records SET fields = replace(fields, 'pat1@', 'sam1@')",
        "is not what its operations",
    ),
    "a landed record dropped": ("DELETE FROM records WHERE seq = 3", "should be landed, and it is not"),
    "a landed record invented": (
        f"INSERT INTO records SELECT stream_id, dataset, '{'0' * 32}', nonce, fields, epoch, seq FROM records LIMIT 1",
        "is not what its operations",
    ),
    "a logged line changed": (
        "UPDATE operations SET line = CAST(replace(CAST(line AS TEXT), 'pat1@', 'sam1@') AS BLOB)",
        "not the one whose hash was kept",
    ),
    "a logged hash changed": ("UPDATE operations SET leaf = zeroblob(32) WHERE op_no = 1", "root in the manifest"),
    "a logged line dropped": ("DELETE FROM operations WHERE op_no = 1", "root in the manifest"),
    "a batch dropped": ("DELETE FROM batches WHERE seq = 2", "a batch is missing"),
    "the last batch dropped": ("DELETE FROM batches WHERE seq = 3", "the head is not the last batch"),
    "a manifest of another batch": (
        "UPDATE batches SET manifest = (SELECT manifest FROM batches WHERE seq = 1) WHERE seq = 2",
        "",
    ),
    "a receipt of another batch": (
        "UPDATE batches SET receipt = (SELECT receipt FROM batches WHERE seq = 1) WHERE seq = 2",
        "the receipt's seq",
    ),
    "a receipt changed": ("UPDATE batches SET receipt = substr(receipt, 1, length(receipt) - 4) || 'AAAA'", "receipt"),
    "a suppression dropped": ("DELETE FROM suppressions", "not held as suppressed"),
    "a suppression invented": ("UPDATE suppressions SET channel = 'mail'", "who did not say so"),
    "the head set back": ("UPDATE streams SET seq = 2", "the head is not the last batch"),
    "a key exchanged": ("UPDATE keys SET kid = 'x'", "manifest"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_tampering_is_found(filled: Path, tmp_path: Path, name: str) -> None:
    sql, told = TAMPERED[name]
    folder = tmp_path / "copy"
    shutil.copytree(filled, folder)
    with closing(sqlite3.connect(folder / FILE)) as db:
        db.executescript("".join(f"DROP TRIGGER {name};" for name in _GUARDS))
        db.execute("PRAGMA foreign_keys=OFF")
        db.execute(sql)
        db.commit()
    with closing(open_house(folder)) as house:
        found = verify_all(house)
    assert not found.ok
    assert any(told in problem for problem in found.problems), found.problems
    assert not any("mail.example" in problem for problem in found.problems)


def test_a_lost_receipt_key_is_never_replaced_silently(filled: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(filled, folder)
    (folder / "receiver-key.pem").unlink()
    with pytest.raises(SealError):
        open_house(folder)
    (folder / "receiver-key.pem").write_bytes(b"not a key")
    with pytest.raises(SealError):
        open_house(folder)


def test_a_house_keeps_its_name(filled: Path) -> None:
    with pytest.raises(ConfigError):
        open_house(filled, "another-oem")


@pytest.fixture
def delivered(tmp_path: Path) -> Path:
    """A folder recipient with three batches, as the agent writes them."""
    prev = None
    for seq in (1, 2, 3):
        batch = seal.seal(
            wire_samples.raw_line(seq),
            wire_samples.claims(seq=seq, prev=prev, batch_id=f"batch-{seq}"),
            wire_samples.sign,
        )
        body, described = seal.folder_names(batch.manifest)
        (tmp_path / body).write_bytes(gzip.compress(batch.content))
        (tmp_path / described).write_text(batch.jws)
        prev = batch.manifest_sha256
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [dict(wire_samples.JWK)]}))
    return tmp_path


def test_a_folder_is_sound_or_says_what_is_wrong(delivered: Path) -> None:
    keys = read_keys(delivered / "keys.json")
    found = verify_folder(delivered, keys)
    assert (found.ok, found.batches, found.lines) == (True, 3, 3)
    second = delivered / "stream-1.0001.0000000002.ndjson.gz"
    second.write_bytes(gzip.compress(wire_samples.raw_line(9)))
    assert "content_sha256" in verify_folder(delivered, keys).problems[0]
    second.unlink()
    assert "cannot be read" in verify_folder(delivered, keys).problems[0]
    (delivered / "stream-1.0001.0000000002.manifest.jws").unlink()
    assert verify_folder(delivered, keys).problems == [
        "stream-1.0001.0000000003.manifest.jws: a batch is missing before it"
    ]
    stray = delivered / "stream-1.0001.0000000004.ndjson.gz"
    stray.write_bytes(b"")
    assert f"{stray.name}: no manifest stands beside it" in verify_folder(delivered, keys).problems


def test_a_folder_under_another_key_is_refused(delivered: Path) -> None:
    found = verify_folder(delivered, [wire_samples.OTHER_JWK])
    assert found.problem_count == 3
    assert "not known here" in found.problems[0]


def test_a_batch_under_another_batchs_name_is_found(delivered: Path) -> None:
    for ending in ("ndjson.gz", "manifest.jws"):
        (delivered / f"stream-1.0001.0000000003.{ending}").rename(delivered / f"stream-1.0001.0000000009.{ending}")
    assert "the file's name" in verify_folder(delivered, [wire_samples.JWK]).problems[0]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"keys": [{}]}', '{"keys": [{"kty": "RSA"}]}', "1"])
def test_a_keys_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys.json").write_text(text)
    with pytest.raises(ConfigError):
        read_keys(tmp_path / "keys.json")


def test_a_single_key_is_a_keys_file_too(tmp_path: Path) -> None:
    (tmp_path / "key.json").write_text(json.dumps(dict(wire_samples.JWK)))
    assert [jws.kid_of(jwk) for jwk in read_keys(tmp_path / "key.json")] == [wire_samples.KID]
