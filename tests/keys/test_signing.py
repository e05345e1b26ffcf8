"""A signer signs and never shows itself."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from agent.core import jws
from agent.errors import ConfigError, SealError
from agent.keys.signing import create_signer, load_signer
from agent.keys.store import FileKeyStore


def test_the_loaded_key_is_the_created_one(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path / "keys")
    made, loaded = create_signer(store, "signing"), load_signer(store, "signing")
    assert (loaded.kid, loaded.jwk) == (made.kid, made.jwk)
    compact = loaded.sign("fieldgate-batch+jws", b"payload")
    assert jws.verify(compact, "fieldgate-batch+jws", {made.kid: made.jwk}.get) == (made.kid, b"payload")


def test_a_second_key_of_the_same_name_is_refused(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path / "keys")
    kid = create_signer(store, "signing").kid
    with pytest.raises(ConfigError, check=lambda e: e.code == "K002"):
        create_signer(store, "signing")
    assert load_signer(store, "signing").kid == kid


@pytest.mark.parametrize("damaged", [b"x", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_damaged_key_stops(tmp_path: Path, damaged: bytes) -> None:
    store = FileKeyStore(tmp_path / "keys")
    store.create("signing", damaged)
    with pytest.raises(SealError, check=lambda e: e.code == "K020" and not e.__cause__):
        load_signer(store, "signing")


def test_a_signer_shows_and_hands_over_nothing(tmp_path: Path) -> None:
    signer = create_signer(FileKeyStore(tmp_path / "keys"), "signing")
    assert repr(signer) == f"Signer({signer.kid})"
    assert set(signer.jwk) == {"kty", "crv", "x", "y"}
    with pytest.raises(TypeError):
        pickle.dumps(signer)
