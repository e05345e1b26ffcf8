"""A manifest is read strictly where it matters (spec, kind, crit, twice, types) and openly where it may grow."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from agent.core import manifest
from agent.core.answers import WireError
from agent.core.manifest import Counts, Manifest
from tests.core.wire_samples import claims, digest


def described(kind: str = "data", counts: Counts | None = None, **over: Any) -> Manifest:
    return Manifest(
        **msgspec.structs.asdict(claims(kind, **over)),
        counts=counts or Counts(),
        content_sha256=digest("content"),
        merkle_root=digest("root"),
    )


def raw(**over: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(manifest.encode(described()))
    return {name: value for name, value in (found | over).items() if value is not ...}


def refused(data: bytes | dict[str, Any]) -> WireError:
    with pytest.raises(WireError) as caught:
        manifest.decode(data if isinstance(data, bytes) else json.dumps(data).encode())
    return caught.value


def test_what_is_written_is_read_back() -> None:
    whole = described(counts=Counts(upsert=2), replaces="batch-0")
    assert manifest.decode(manifest.encode(whole)) == whole


def test_every_claim_of_the_spec_is_on_the_wire_under_its_own_name() -> None:
    spec = (
        "spec iss aud dealer_code store stream_id instance_id epoch seq batch_id kind prev counts coverage content_type"
        " content_sha256 merkle_root policy approvals_sha256 roll_sha256 floor_sha256 access schemas purpose"
        " single_officer recipient_may opt_outs_through window audit_head agent_version iat"
    )
    assert set(spec.split()) | {"roll_version"} == set(raw())


def test_keys_are_sorted_and_compact() -> None:
    data = manifest.encode(described())
    assert data == json.dumps(json.loads(data), sort_keys=True, separators=(",", ":")).encode()


def test_unknown_claims_are_ignored() -> None:
    assert (
        manifest.decode(json.dumps(raw(colour="blue", policy={**raw()["policy"], "author": "x"})).encode())
        == described()
    )


@pytest.mark.parametrize(
    "over",
    [
        {"spec": 2},
        {"spec": "1"},
        {"spec": True},
        {"spec": ...},
        {"kind": "merge"},
        {"kind": ["data"]},
        {"kind": ...},
        {"crit": ["colour"]},
        {"crit": []},
    ],
    ids=str,
)
def test_an_unknown_spec_kind_or_crit_is_refused(over: dict[str, Any]) -> None:
    assert refused(raw(**over)).problem == "unsupported"


@pytest.mark.parametrize("claim", sorted(set(raw()) - {"spec", "kind", "content_type"}))
def test_each_claim_must_be_there_and_of_its_type(claim: str) -> None:
    for value in (..., 1.5, [[]]):
        error = refused(raw(**{claim: value}))
        assert error.problem == "unsupported"
    assert claim in refused(raw(**{claim: ...})).what


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("epoch", 0),
        ("seq", 0),
        ("iat", -1),
        ("content_sha256", "sha256:" + "A" * 64),
        ("content_sha256", "a" * 64),
        ("audit_head", "sha256:" + "a" * 64 + "\n"),
        ("stream_id", ""),
        ("stream_id", "a/../b"),
        ("stream_id", "a\n"),
        ("stream_id", "a" * 129),
        ("batch_id", "a b"),
        ("content_type", "application/json"),
        ("access", {"status": "fine", "sha256": digest("access")}),
        ("single_officer", 1),
        ("window", {"from_at": "yesterday", "to_at": "2026-11-22T02:16:00Z"}),
        ("replaces", None),
    ],
)
def test_values_outside_their_form_are_refused_by_claim(claim: str, value: object) -> None:
    error = refused(raw(**{claim: value}))
    assert error.problem == "unsupported"
    assert claim in error.what


def test_a_claim_twice_is_refused_even_where_both_agree() -> None:
    data = manifest.encode(described())
    assert refused(data[:-1] + b',"seq":1}').problem == "unsupported"
    assert refused(data.replace(b'"version":4', b'"version":4,"version":4')).problem == "unsupported"


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"null", b"\xff", b'{"spec":1', b"[" * 5000, b'{"spec":NaN}', b'{"seq":9007199254740992}'],
    ids=range(8),
)
def test_what_is_no_object_is_refused(data: bytes) -> None:
    assert refused(data).problem == "unsupported"


def test_six_kibibytes_are_the_limit() -> None:
    names = {f"f{i:04d}": "text 60" for i in range(400)}
    with pytest.raises(WireError) as caught:
        manifest.encode(described(schemas={"customers": names}))
    assert caught.value.problem == "too_large"


def test_lines_of_a_kind_stay_with_their_kind() -> None:
    for kind, counts in (
        ("control", Counts(upsert=1)),
        ("heartbeat", Counts(upsert=1)),
        ("data", Counts(suppress=1)),
        ("void", Counts(retract=1)),
    ):
        with pytest.raises(WireError):
            manifest.encode(described(kind, counts))
    assert manifest.encode(described("control", Counts(suppress=1, lift=1, retract=1)))


def test_a_reset_carries_its_statement_and_nothing_else_does() -> None:
    statement = manifest.ResetClaim(statements=["a.b.c"])
    assert manifest.encode(described("reset", reset=statement))
    for kind, over in (("reset", {}), ("data", {"reset": statement})):
        with pytest.raises(WireError):
            manifest.encode(described(kind, **over))


def test_no_refusal_quotes_a_value() -> None:
    secret = "078-05-1120"
    for claim in sorted(raw()):
        assert secret not in str(refused(raw(**{claim: [secret]})))
