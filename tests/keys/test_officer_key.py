"""An officer's key opens with her passphrase and nothing else; other programs can open it too."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from agent.core.officer import read_officer
from agent.errors import PolicyError
from agent.keys.officer_key import create_officer_key, key_path, open_officer_key, public_path

PASSPHRASE = "four plain wörds here"


def refused(code: str) -> pytest.RaisesExc[PolicyError]:
    return pytest.raises(PolicyError, check=lambda e: e.code == code and PASSPHRASE not in f"{e!r}{e.what}{e.advice}")


def test_key_and_public_file_belong_together(tmp_path: Path) -> None:
    officer = create_officer_key(tmp_path / "dana", "Dana Example", PASSPHRASE)
    assert read_officer((tmp_path / "dana.officer.json").read_bytes()) == officer
    assert open_officer_key(tmp_path / "dana.key", PASSPHRASE).kid == officer.kid
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dana.key", "dana.officer.json"]
    assert b"PRIVATE" not in public_path(tmp_path / "dana").read_bytes()
    if os.name != "nt":
        assert stat.S_IMODE(key_path(tmp_path / "dana").stat().st_mode) == 0o600


def test_a_wrong_passphrase_or_another_file_does_not_open(tmp_path: Path) -> None:
    create_officer_key(tmp_path / "dana", "Dana Example", PASSPHRASE)
    for passphrase in ("", "four plain words here", PASSPHRASE + " "):
        with refused("K045"):
            open_officer_key(tmp_path / "dana.key", passphrase)
    with refused("K045"):
        open_officer_key(tmp_path / "dana.officer.json", PASSPHRASE)
    with refused("K044"):
        open_officer_key(tmp_path / "nobody.key", PASSPHRASE)


def test_a_damaged_key_file_does_not_open(tmp_path: Path) -> None:
    create_officer_key(tmp_path / "dana", "Dana Example", PASSPHRASE)
    data = (tmp_path / "dana.key").read_bytes()
    (tmp_path / "cut.key").write_bytes(data[:200])
    with refused("K045"):
        open_officer_key(tmp_path / "cut.key", PASSPHRASE)


def test_nothing_is_overwritten_and_nothing_is_left_half(tmp_path: Path) -> None:
    create_officer_key(tmp_path / "dana", "Dana Example", PASSPHRASE)
    before = (tmp_path / "dana.key").read_bytes()
    with refused("K042"):
        create_officer_key(tmp_path / "dana", "Dana Example", PASSPHRASE)
    (tmp_path / "lee.officer.json").write_text("x")
    with refused("K042"):
        create_officer_key(tmp_path / "lee", "Lee Example", PASSPHRASE)
    assert (tmp_path / "dana.key").read_bytes() == before
    assert not (tmp_path / "lee.key").exists()


def test_short_passphrases_and_names_that_do_not_show_are_refused(tmp_path: Path) -> None:
    with refused("K040"):
        create_officer_key(tmp_path / "dana", "Dana Example", "elevenchars")
    with refused("K041"):
        create_officer_key(tmp_path / "dana", "Dana\u202eExample", PASSPHRASE)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command")
def test_the_file_is_plain_pkcs8_that_openssl_opens(tmp_path: Path) -> None:
    officer = create_officer_key(tmp_path / "dana", "Dana Example", "plain ascii words")
    (tmp_path / "pass").write_text("plain ascii words")
    done = subprocess.run(
        [
            "openssl",
            "pkcs8",
            "-in",
            tmp_path / "dana.key",
            "-passin",
            f"file:{tmp_path / 'pass'}",
            "-out",
            tmp_path / "o",
        ],
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    from cryptography.hazmat.primitives import serialization

    from agent.core import jws

    key = serialization.load_pem_private_key((tmp_path / "o").read_bytes(), None)
    assert jws.kid_of(jws.public_jwk(key.public_key())) == officer.kid


def test_guessing_is_dear(tmp_path: Path) -> None:
    """scrypt with N 16384 r 8 p 5, as the parameters stand in the file."""
    create_officer_key(tmp_path / "dana", "Dana Example", PASSPHRASE)
    import base64

    body = b"".join((tmp_path / "dana.key").read_bytes().split(b"\n")[1:-2])
    scrypt = bytes.fromhex("06092b06010401da47040b")
    after = base64.b64decode(body).split(scrypt, 1)[1]
    assert bytes.fromhex("02024000020108020105") in after
