"""The public vectors: our own readers give the verdicts they promise, and so do small verifiers that share no code."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.core import jws, merkle
from agent.core.answers import PROBLEMS, WireError
from agent.core.receipt import read_receipt
from agent.core.seal import SealedBatch, manifest_sha256, open_batch, read_manifest
from agent.core.statements import followed_keys
from agent.errors import SealError
from tests.vectors.make_vectors import files

HERE = Path(__file__).parent
KEYS = json.loads((HERE / "keys.json").read_bytes())


def finder(side: str) -> jws.KeyFinder:
    return {jws.kid_of(jwk): jwk for jwk in KEYS[side]["keys"]}.get


def vectors(*folders: str) -> list[Any]:
    found = [path for folder in folders for path in sorted((HERE / folder).glob("*.json"))]
    assert found
    return [pytest.param(json.loads(path.read_bytes()), id=f"{path.parent.name}/{path.stem}") for path in found]


def body_of(vector: dict[str, Any]) -> bytes:
    return vector["body"].encode() if "body" in vector else base64.b64decode(vector["body_base64"])


@pytest.mark.parametrize("vector", vectors("batches", "bodies"))
def test_our_reader_gives_the_promised_verdict(vector: dict[str, Any]) -> None:
    assert vector["expect"] == "accept" or vector["expect"] in PROBLEMS
    try:
        open_batch(vector["manifest"], body_of(vector), finder("dealer"))
        verdict = "accept"
    except WireError as error:
        verdict = error.problem
    assert verdict == vector["expect"]


@pytest.mark.parametrize("vector", vectors("receipts"))
def test_our_agent_settles_on_good_receipts_only(vector: dict[str, Any]) -> None:
    _, described = read_manifest(vector["manifest"], finder("dealer"))
    batch = SealedBatch(described, vector["manifest"], manifest_sha256(vector["manifest"]), b"")
    try:
        read_receipt(vector["receipt"], batch, finder("receiver"))
        verdict = "settle"
    except SealError:
        verdict = "refuse"
    assert verdict == vector["expect"]


@pytest.mark.parametrize("vector", vectors("rollovers"))
def test_our_agent_follows_the_keys_that_a_pinned_one_vouches_for(vector: dict[str, Any]) -> None:
    pinned = {jws.kid_of(jwk): jwk for jwk in KEYS["receiver"]["keys"]}
    assert list(followed_keys(vector["rollovers"], vector["receiver"], pinned)) == vector["expect"]


@pytest.mark.parametrize("vector", vectors("proofs"))
def test_our_proof_check_gives_the_promised_verdict(vector: dict[str, Any]) -> None:
    proven = merkle.check_path(
        merkle.leaf_hash(vector["line"].encode()),
        vector["index"],
        vector["size"],
        [bytes.fromhex(part) for part in vector["proof"]],
        bytes.fromhex(vector["merkle_root"].removeprefix("sha256:")),
    )
    assert proven == (vector["expect"] == "proven")


def test_the_checked_in_files_are_what_the_script_writes() -> None:
    made = files()
    held = {str(path.relative_to(HERE).as_posix()): path.read_bytes() for path in HERE.rglob("*.json")}
    assert sorted(made) == sorted(held)
    assert [name for name in made if made[name] != held[name]] == []


@pytest.mark.parametrize(
    "command",
    [[sys.executable, "verify.py"], ["node", "verify.mjs"], ["java", "Verify.java"]],
    ids=["python", "node", "java"],
)
def test_a_verifier_of_another_language_agrees(command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    names = [
        f"{folder}/{path.name}" for folder in ("batches", "receipts") for path in sorted((HERE / folder).iterdir())
    ]
    done = subprocess.run([*command, "keys.json", *names], cwd=HERE, capture_output=True, text=True, check=True)
    said = dict(line.rsplit(" ", 1) for line in done.stdout.splitlines())
    expected = {
        name: "good" if json.loads((HERE / name).read_bytes())["expect"] in ("accept", "settle") else "bad"
        for name in names
    }
    assert said == expected


_SMALL = [[sys.executable, "verify.py"], ["node", "verify.mjs"], ["java", "Verify.java"]]


@pytest.mark.parametrize("command", _SMALL, ids=["python", "node", "java"])
def test_about_twenty_lines_of_another_language_judge_every_batch(command: list[str], tmp_path: Path) -> None:
    """Signature, digest and root alone: the files of `batches/` that are wrong in nothing else."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    (tmp_path / "jwks.json").write_text(json.dumps(KEYS["dealer"]), "utf-8")
    arguments, expected = [], {}
    for path in sorted((HERE / "batches").glob("*.json")):
        vector = json.loads(path.read_bytes())
        (tmp_path / f"{path.stem}.jws").write_text(vector["manifest"] + "\n", "utf-8")
        (tmp_path / f"{path.stem}.ndjson").write_bytes(body_of(vector))
        arguments += [f"{path.stem}.jws", f"{path.stem}.ndjson"]
        expected[f"{path.stem}.jws"] = "good" if vector["expect"] == "accept" else "bad"
    script = str(HERE / "small" / command[1])
    done = subprocess.run(
        [command[0], script, "jwks.json", *arguments], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert dict(line.rsplit(" ", 1) for line in done.stdout.splitlines()) == expected
    assert set(expected.values()) == {"good", "bad"}


@pytest.mark.parametrize("name", ["verify.py", "small/verify.py"])
def test_the_python_verifiers_need_nothing_of_ours(name: str) -> None:
    imported = set(re.findall(r"^(?:import|from) (.+?)(?: import .*)?$", (HERE / name).read_text(), re.MULTILINE))
    assert {name.strip().split(".")[0] for part in imported for name in part.split("#")[0].split(",")} - {
        "pathlib"
    } == {
        "base64",
        "hashlib",
        "json",
        "sys",
        "cryptography",
    }
