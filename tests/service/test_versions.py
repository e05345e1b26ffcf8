"""Versions side by side: signed or not at all, taken back when they do not come up, and the one before kept."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.core import jws
from agent.core.release import Release, write_release
from agent.errors import ConfigError, SealError
from agent.service.versions import Shelf, release_keys, rollback, upgrade, verified

KEY, OTHER = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
KEYS = {jws.kid_of(jwk): jwk for jwk in [jws.public_jwk(KEY.public_key())]}


def package(folder: Path, version: str, key: ec.EllipticCurvePrivateKey = KEY, inside: str = "VERSION") -> Path:
    path = folder / f"fieldgate-{version}-linux-x86_64.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo(f"fieldgate-{version}-linux-x86_64/{inside}")
        member.size = len(version)
        archive.addfile(member, io.BytesIO(version.encode()))
    digest = "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
    release = Release(name="fieldgate", version=version, files={path.name: digest})
    statement = write_release(release, lambda typ, payload: jws.sign(key, typ, payload))
    (folder / f"fieldgate-{version}.release").write_text(statement, "utf-8")
    return path


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    made = Shelf(tmp_path / "opt" / "versions")
    (made.versions / "0.1.0").mkdir(parents=True)
    made.point("current", "0.1.0")
    return made


def put(shelf: Shelf, file: Path, wrong: str = "") -> str:
    return upgrade(shelf, file, verified(file, KEYS), lambda: wrong if shelf.current != "0.1.0" else "")


def test_a_newer_version_runs_and_the_one_before_is_one_word_away(shelf: Shelf, tmp_path: Path) -> None:
    assert put(shelf, package(tmp_path, "0.2.0")) == ""
    assert (shelf.current, shelf.previous) == ("0.2.0", "0.1.0")
    assert (shelf.versions / "0.2.0" / "VERSION").read_text("utf-8") == "0.2.0"
    assert rollback(shelf, lambda: "") == ""
    assert (shelf.current, shelf.previous) == ("0.1.0", "0.2.0")


def test_a_version_that_does_not_come_up_is_taken_back(shelf: Shelf, tmp_path: Path) -> None:
    assert put(shelf, package(tmp_path, "0.2.0"), wrong="it does not start") == "it does not start"
    assert (shelf.current, shelf.previous) == ("0.1.0", "")
    assert put(shelf, package(tmp_path, "0.2.0")) == ""  # and may be tried again


def test_an_older_or_equal_version_is_no_upgrade(shelf: Shelf, tmp_path: Path) -> None:
    for version in ("0.1.0", "0.0.9"):
        with pytest.raises(ConfigError, match="FG-C51"):
            put(shelf, package(tmp_path, version))
    assert shelf.current == "0.1.0"


def test_another_signer_or_a_changed_byte_installs_nothing(shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(SealError, match="FG-K51"):
        put(shelf, package(tmp_path, "0.2.0", key=OTHER))
    file = package(tmp_path, "0.2.0")
    file.write_bytes(file.read_bytes() + b"\0")
    with pytest.raises(SealError, match="FG-K51"):
        put(shelf, file)
    file.with_name("fieldgate-0.2.0.release").unlink()
    with pytest.raises(SealError, match="FG-K50"):
        put(shelf, file)
    assert sorted(path.name for path in shelf.versions.iterdir()) == ["0.1.0"]


def test_even_a_signed_package_writes_nowhere_else(shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(tarfile.OutsideDestinationError):
        put(shelf, package(tmp_path, "0.2.0", inside="../../../escaped"))
    assert not (tmp_path / "opt" / "escaped").exists()
    assert shelf.current == "0.1.0"


def test_without_a_version_before_there_is_nothing_to_go_back_to(shelf: Shelf) -> None:
    with pytest.raises(ConfigError, match="FG-C52"):
        rollback(shelf, lambda: "")


def test_a_checkout_knows_no_release_key_and_upgrades_nothing() -> None:
    with pytest.raises(ConfigError, match="FG-C50"):
        release_keys()
