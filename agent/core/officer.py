"""An officer: a name and a public key. Her public file is signed with that key, so nobody on the way can put another
name to the key, or another key to the name, without it showing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from agent.core import jws
from agent.core.text import shown
from agent.errors import PolicyError

OFFICER_TYP = "fieldgate-officer+jws"
_NAME_MAX = 80
_FILE_MAX = 8192
Sign = Callable[[str, bytes], str]  # (typ, payload) -> compact JWS


@dataclass(frozen=True, slots=True)
class Officer:
    """One person who may approve. `kid` is the RFC 7638 thumbprint of `jwk` (kty, crv, x, y)."""

    name: str
    kid: str
    jwk: Mapping[str, str]


class _Claims(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    jwk: dict[str, str]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fieldgate: str
    name: str
    kid: str
    jwk: dict[str, str]
    proof: str


def make_officer(name: str, jwk: Mapping[str, str]) -> Officer:
    """ValueError for a name that cannot be shown as it is, or a key that is not a plain public P-256 JWK."""
    if name != clean_name(name) or not name:
        raise ValueError("an officer's name must be plain printable text of 1 to 80 characters")
    if set(jwk) != {"kty", "crv", "x", "y"} or (jwk["kty"], jwk["crv"]) != ("EC", "P-256"):
        raise ValueError("an officer's key must be a public EC P-256 key")
    try:
        return Officer(name, jws.kid_of(jwk), dict(jwk))
    except Exception:  # noqa: BLE001 joserfc raises several kinds for a key that is none
        raise ValueError("an officer's key must be a public EC P-256 key") from None


def clean_name(name: str) -> str:
    """The name as it is kept: NFKC, single blanks; empty where it cannot be shown or is too long."""
    clean = " ".join(unicodedata.normalize("NFKC", name).split())
    return clean if shown(clean, _NAME_MAX) == clean else ""


def same_person(name: str) -> str:
    """What two spellings of one name have in common."""
    return clean_name(name).casefold()


def officer_file(name: str, jwk: Mapping[str, str], sign: Sign) -> bytes:
    """The public file that travels to whoever makes the roll."""
    officer = make_officer(name, jwk)
    proof = sign(OFFICER_TYP, _claims(officer))
    file = _File("officer", officer.name, officer.kid, dict(officer.jwk), proof)
    return msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"


def read_officer(data: bytes) -> Officer:
    """The officer of a public file whose own key vouches for the name; PolicyError otherwise."""
    try:
        if len(data) > _FILE_MAX:
            raise ValueError("too large")
        file = msgspec.json.decode(data, type=_File)
        if file.fieldgate != "officer":
            raise ValueError("another kind of file")
        officer = make_officer(file.name, file.jwk)
        kid, payload = jws.verify(file.proof, OFFICER_TYP, {officer.kid: officer.jwk}.get)
        if kid != file.kid or payload != _claims(officer):
            raise ValueError("the key did not sign this name")
    except (msgspec.DecodeError, ValueError):
        raise PolicyError(
            "R010",
            "this is not an officer's public file, or its name or key was changed on the way",
            "ask the officer to send her .officer.json again; `fieldgate officers key` makes one",
            exit_status=1,
        ) from None
    return officer


def _claims(officer: Officer) -> bytes:
    return msgspec.json.encode(_Claims(officer.name, dict(officer.jwk)), order="sorted")
