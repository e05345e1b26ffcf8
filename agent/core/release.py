"""A release: which files of which version its makers signed. An installed version takes nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import msgspec

from agent.core import jws

TYP = "fieldgate-release+jws"


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """The signed statement that travels beside the files, as `fieldgate-VERSION.release`."""

    name: str
    version: str
    files: dict[str, str]  # file name -> sha256:<hex>


class BadReleaseError(ValueError):
    """The statement is not one that the keys at hand signed, or it speaks of something else."""


def write_release(release: Release, sign: Callable[[str, bytes], str]) -> str:
    """The compact JWS."""
    return sign(TYP, msgspec.json.encode(release, order="sorted"))


def read_release(statement: str, find_key: jws.KeyFinder) -> Release:
    """What a known key signed; BadReleaseError otherwise."""
    try:
        _, payload = jws.verify(statement.strip(), TYP, find_key)
        release = msgspec.json.decode(payload, type=Release)
    except jws.BadJwsError as error:
        raise BadReleaseError(str(error)) from None
    except (msgspec.ValidationError, msgspec.DecodeError):
        raise BadReleaseError("it is not a release statement") from None
    if release.name != "fieldgate":
        raise BadReleaseError("it is a statement about another program")
    return release


def must_be_of(release: Release, file: str, data: bytes) -> None:
    """Refuse a file that the release does not name, or that has other bytes."""
    expected = release.files.get(file)
    if expected is None:
        raise BadReleaseError("the release names no such file")
    if expected != "sha256:" + hashlib.sha256(data).hexdigest():
        raise BadReleaseError("the file has other bytes than the release names")


def number(version: str) -> tuple[int, ...]:
    """`0.1.2` as (0, 1, 2), to tell the newer of two; BadReleaseError for anything else."""
    parts = version.split(".")
    if not 2 <= len(parts) <= 4 or not all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts):
        raise BadReleaseError("its version is not made of numbers")
    return tuple(map(int, parts))
