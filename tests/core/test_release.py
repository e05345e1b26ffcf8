"""A release is taken only as its makers signed it."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.core import jws
from agent.core.release import TYP, BadReleaseError, Release, must_be_of, number, read_release, write_release

KEY, OTHER = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
KNOWN = {jws.kid_of(jwk): jwk for jwk in [jws.public_jwk(KEY.public_key())]}
FILE, BYTES = "fieldgate-0.2.0-linux-x86_64.tar.gz", b"example"
RELEASE = Release(name="fieldgate", version="0.2.0", files={FILE: "sha256:" + hashlib.sha256(BYTES).hexdigest()})


def statement(key: ec.EllipticCurvePrivateKey = KEY, release: Release = RELEASE, typ: str = TYP) -> str:
    return write_release(release, lambda _, payload: jws.sign(key, typ, payload))


def test_what_the_makers_signed_is_taken() -> None:
    release = read_release(statement() + "\n", KNOWN.get)
    must_be_of(release, FILE, BYTES)
    assert (release.version, number(release.version)) == ("0.2.0", (0, 2, 0))


@pytest.mark.parametrize(
    "text",
    [
        statement(OTHER),
        statement(typ="fieldgate-batch+jws"),
        statement(release=Release(name="another", version="0.2.0", files={})),
        statement()[:-4] + "AAAA",
        "",
        "nonsense",
    ],
    ids=["another key", "another type", "another program", "changed", "empty", "nonsense"],
)
def test_any_other_statement_is_refused(text: str) -> None:
    with pytest.raises(BadReleaseError):
        read_release(text, KNOWN.get)


@pytest.mark.parametrize(("file", "data"), [(FILE, b"exampl3"), ("fieldgate-0.1.0-linux-x86_64.tar.gz", BYTES)])
def test_a_file_it_does_not_speak_of_is_refused(file: str, data: bytes) -> None:
    with pytest.raises(BadReleaseError):
        must_be_of(RELEASE, file, data)


@pytest.mark.parametrize("version", ["", "1", "0.2.x", "0.2.0-rc1", "../0.2", "٠.٢", "1.2.3.4.5"])
def test_a_version_that_is_not_made_of_numbers_names_no_folder(version: str) -> None:
    with pytest.raises(BadReleaseError):
        number(version)


def test_ten_is_newer_than_nine() -> None:
    assert number("0.10.0") > number("0.9.9")
