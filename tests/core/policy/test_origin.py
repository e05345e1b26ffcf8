"""A request is the recipient's word only under a pinned key; stripped, changed or forged signatures are told apart."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import pytest

from agent.core.jws import kid_of
from agent.core.policy.origin import REQUEST_TYP, key_of, keys_file, origin_of, read_keys, sign_request
from agent.core.policy.schedule import schedule_a
from agent.errors import PolicyError
from tests.core.policy.test_answer import answer, request
from tests.officers import ALEX, DANA, NOW

OEM = DANA.signer
PINNED = {kid_of(OEM.jwk): OEM.jwk}


def signature() -> bytes:
    return sign_request(request(), OEM.jwk, OEM.sign, NOW)


def test_signed_under_a_pinned_key_is_the_recipients_word() -> None:
    found = origin_of(request(), signature(), PINNED)
    assert (found.standing, found.kid, found.signed_at) == ("signed", kid_of(OEM.jwk), NOW)


def test_without_a_pinned_key_it_is_whole_and_nobodys_word() -> None:
    found = origin_of(request(), signature(), {})
    assert (found.standing, found.kid) == ("unknown_key", kid_of(OEM.jwk))


def test_unsigned_is_a_standing_and_no_error() -> None:
    assert origin_of(request(), None, PINNED).standing == "unsigned"


def changed(**members: object) -> Callable[[], bytes]:
    return lambda: json.dumps({**json.loads(signature()), **members}).encode()


def of_another_kind() -> bytes:
    file = json.loads(signature())
    import base64

    payload = base64.urlsafe_b64decode(file["signature"].split(".")[1] + "==")
    return json.dumps({**file, "signature": OEM.sign("fieldgate-approval+jws", payload)}).encode()


@pytest.mark.parametrize("pinned", [PINNED, {}])
@pytest.mark.parametrize(
    "forged",
    [
        lambda: sign_request(dataclasses.replace(request(), sha256="sha256:" + "0" * 64), OEM.jwk, OEM.sign, NOW),
        lambda: sign_request(dataclasses.replace(request(), name="crm-2026.1"), OEM.jwk, OEM.sign, NOW),
        lambda: sign_request(dataclasses.replace(request(), recipient="other-motors"), OEM.jwk, OEM.sign, NOW),
        lambda: sign_request(request(), OEM.jwk, ALEX.signer.sign, NOW),
        of_another_kind,
        changed(signature="a.b.c"),
        changed(signature=OEM.sign(REQUEST_TYP, b"{}")),
        changed(fieldgate="approval"),
        lambda: b"{}",
        lambda: b"",
    ],
)
def test_a_signature_that_does_not_hold_refuses_the_request(forged: Callable[[], bytes], pinned: dict) -> None:
    with pytest.raises(PolicyError, check=lambda e: (e.code, e.exit_status) == ("A035", 1)):
        origin_of(request(), forged(), pinned)


def test_another_key_that_travels_along_is_not_followed() -> None:
    """Innocent without a pin; refused where the recipient's own key is known."""
    others = sign_request(request(), ALEX.signer.jwk, ALEX.signer.sign, NOW)
    assert origin_of(request(), others, {}).standing == "unknown_key"
    with pytest.raises(PolicyError, check=lambda e: e.code == "A035"):
        origin_of(request(), others, PINNED)
    mixed = json.dumps({**json.loads(others), "jwk": dict(OEM.jwk)}).encode()
    for pinned in (PINNED, {}):
        with pytest.raises(PolicyError, check=lambda e: e.code == "A035"):
            origin_of(request(), mixed, pinned)


def test_the_key_to_pin_is_the_one_its_id_names() -> None:
    assert key_of(signature()) == (kid_of(OEM.jwk), dict(OEM.jwk))
    with pytest.raises(PolicyError, check=lambda e: e.code == "A035"):
        key_of(changed(kid=kid_of(ALEX.signer.jwk))())


def test_pinned_keys_are_one_recipients_and_public() -> None:
    data = keys_file("example-motors-na", [{**OEM.jwk, "kid": "x", "d": "secret"}])
    assert read_keys(data, "example-motors-na") == {kid_of(OEM.jwk): dict(OEM.jwk)}
    assert b"secret" not in data
    for bad, of in ((data, "other-motors"), (b"{}", "example-motors-na"), (keys_file("a", []), "a")):
        with pytest.raises(PolicyError, check=lambda e: e.code == "A036"):
            read_keys(bad, of)


def test_schedule_a_names_every_field_once_under_its_standing() -> None:
    text = schedule_a(answer(), "Dana Example")
    parts = text.split("\n\n")
    for standing, part in (("sent", parts[2]), ("declined", parts[3]), ("never", parts[4])):
        named = {line.split()[0] for line in part.splitlines()[2:] if line.startswith("   ") and line[3] != " "}
        assert named == {field.name for field in answer().fields if field.standing == standing}
    assert "19 of 28 fields, 14 of them asked for as required" in parts[2]
    assert "may keep it for 24 months and may not pass it on" in text
    assert "not signed" in parts[1]
    assert max(map(len, text.splitlines())) <= 80
