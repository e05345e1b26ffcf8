"""A key enrolls itself: whoever brings it must hold it, and the answer must be about it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from agent.core import enrollment, jws
from agent.core.answers import WireError
from agent.errors import SealError
from tests.core.wire_samples import JWK, KID, OTHER_JWK, digest, sign, sign_other

REQUEST = enrollment.EnrollmentRequest(
    token="fg-TOKEN",
    dealer_code="EX1234",
    instance_id="instance-1",
    jwk=dict(JWK),
    roll_sha256=digest("roll"),
    agent_version="0.1.0",
)
ANSWER = enrollment.EnrollmentAnswer(
    receiver="example-motors-na",
    dealer_code="EX1234",
    kid=KID,
    jwks={"keys": [dict(OTHER_JWK)]},
    content_encodings=["gzip"],
)


def changed(value: Any, **over: Any) -> Any:
    return msgspec.structs.replace(value, **over)


def test_a_request_proves_that_its_key_is_held() -> None:
    assert enrollment.read_request(enrollment.make_request(REQUEST, sign)) == (KID, REQUEST)


@pytest.mark.parametrize(
    "text",
    [
        enrollment.make_request(REQUEST, sign_other),
        enrollment.make_request(changed(REQUEST, jwk=dict(OTHER_JWK)), sign),
        enrollment.make_request(changed(REQUEST, jwk={}), sign),
        enrollment.make_request(changed(REQUEST, jwk={**JWK, "x": "AA"}), sign),
        enrollment.make_request(changed(REQUEST, jwk={**JWK, "crv": "P-384"}), sign),
        sign("fieldgate-batch+jws", msgspec.json.encode(REQUEST)),
        enrollment.make_request(REQUEST, sign)[:-3],
        "",
        "a.b.c",
    ],
    ids=range(9),
)
def test_somebody_elses_key_cannot_be_enrolled(text: str) -> None:
    with pytest.raises(WireError) as caught:
        enrollment.read_request(text)
    assert caught.value.problem in ("bad_signature", "unsupported", "unknown_key")
    assert "TOKEN" not in str(caught.value)


def test_an_answer_pins_the_receivers_keys_by_their_thumbprints() -> None:
    lying = {**OTHER_JWK, "kid": KID}
    answer = changed(ANSWER, jwks={"keys": [lying]})
    find_key = enrollment.key_finder(enrollment.read_answer(enrollment.encode_answer(answer), REQUEST))
    assert find_key(KID) is None
    assert find_key(jws.kid_of(OTHER_JWK)) == lying


@pytest.mark.parametrize(
    "over",
    [
        {"kid": jws.kid_of(OTHER_JWK)},
        {"dealer_code": "EX9999"},
        {"jwks": {"keys": []}},
        {"jwks": {}},
        {"jwks": {"keys": [{"kty": "RSA"}]}},
        {"receiver": ""},
    ],
    ids=str,
)
def test_an_answer_for_another_key_or_dealer_or_without_keys_is_refused(over: dict[str, Any]) -> None:
    with pytest.raises(SealError):
        enrollment.read_answer(enrollment.encode_answer(changed(ANSWER, **over)), REQUEST)
