"""What one side seals the other opens; one byte changed anywhere and it does not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core import jws, manifest, merkle, seal
from agent.core.answers import WireError
from agent.core.lines import control_line, scope_of
from agent.core.manifest import Counts
from agent.core.packing import packed
from tests.core.wire_samples import JWK, KID, claims, digest, find_key, raw_line, sign, sign_other

CONTENT = raw_line(1) + raw_line(2)


def refused(jws_text: str, content: bytes) -> WireError:
    with pytest.raises(WireError) as caught:
        seal.open_batch(jws_text, content, find_key)
    return caught.value


def resealed(content: bytes = CONTENT, **over: Any) -> str:
    """A manifest with a valid signature and a false claim: a broken or hostile agent."""
    honest = seal.seal(content, claims(), sign).manifest
    false = {name: getattr(honest, name) for name in manifest.Manifest.__struct_fields__} | over
    return sign(manifest.TYP, manifest.encode(manifest.Manifest(**false)))


def test_a_sealed_batch_opens_and_says_the_same() -> None:
    sealed = seal.seal(CONTENT, claims(), sign)
    opened = seal.open_batch(sealed.jws, CONTENT, find_key)
    assert opened.sealed == sealed
    assert (opened.kid, len(opened.lines)) == (KID, 2)
    assert sealed.manifest.counts == Counts(upsert=2)
    assert sealed.manifest.merkle_root == "sha256:" + merkle.root(opened.leaves).hex()
    assert sealed.manifest_sha256 == digest(sealed.jws)


def test_what_was_described_when_it_was_packed_gives_the_same_batch() -> None:
    known = seal.describe(CONTENT, merkle.leaf_hashes(CONTENT))
    assert known == seal.describe(CONTENT)
    sealed = seal.seal_packed(packed(CONTENT), known, claims(), sign)
    assert sealed.manifest == seal.seal(CONTENT, claims(), sign).manifest
    assert sealed.content == CONTENT
    assert seal.open_batch(sealed.jws, sealed.content, find_key).sealed.manifest == sealed.manifest


@pytest.mark.parametrize("kind", ["heartbeat", "void", "data"])
def test_a_batch_without_lines_opens(kind: str) -> None:
    sealed = seal.seal(b"", claims(kind), sign)
    assert seal.open_batch(sealed.jws, b"", find_key).lines == ()
    assert sealed.manifest.merkle_root == digest("")


@given(st.lists(st.sampled_from(["suppress", "suppress some", "lift", "lift some", "retract", "erase"]), max_size=8))
def test_ops_are_counted_right_whatever_stands_around_them(ops: list[str]) -> None:
    scopes = {"suppress": scope_of("a", "2026-01-01"), "some": scope_of("a", "2026-01-01", ("mail",))}
    content = b"".join(
        control_line(
            "customers",
            f"{i:032x}",
            "0" * 32,
            "retract" if op == "erase" else op.split()[0],
            scopes.get(op.split()[-1]),
            erase=op == "erase",
        )
        for i, op in enumerate(ops)
    )
    sealed = seal.seal(content, claims("control"), sign)
    assert seal.open_batch(sealed.jws, content, find_key).sealed.manifest.counts == sealed.manifest.counts


names = st.sampled_from(["op", "scope", "id"])
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(st.dictionaries(names, texts), st.sampled_from(["upsert", "lift"]))
def test_no_value_can_pass_for_an_op(fields: dict[str, str], op: str) -> None:
    fields = {name: f'x","op":"{op}"}}\n{value}' for name, value in fields.items()}
    content = raw_line(1, fields=fields)
    assert seal.seal(content, claims(), sign).manifest.counts == Counts(upsert=1)


@settings(max_examples=200)
@given(st.integers(0, len(CONTENT) - 1), st.integers(1, 255))
def test_one_byte_of_the_body_changed_is_refused(at: int, by: int) -> None:
    changed = CONTENT[:at] + bytes([CONTENT[at] ^ by]) + CONTENT[at + 1 :]
    assert refused(seal.seal(CONTENT, claims(), sign).jws, changed).problem == "digest_mismatch"


def test_one_character_of_the_manifest_changed_is_refused_at_every_place() -> None:
    compact = seal.seal(CONTENT, claims(), sign).jws
    for at in range(len(compact)):
        changed = compact[:at] + ("A" if compact[at] != "A" else "B") + compact[at + 1 :]
        assert refused(changed, CONTENT).problem in ("bad_signature", "unknown_key", "unsupported")


def test_lines_swapped_left_out_or_doubled_are_refused() -> None:
    compact = seal.seal(CONTENT, claims(), sign).jws
    for content in (raw_line(2) + raw_line(1), raw_line(1), CONTENT + raw_line(2), b""):
        assert refused(compact, content).problem == "digest_mismatch"


@pytest.mark.parametrize(
    ("over", "problem"),
    [
        ({"merkle_root": digest("x")}, "digest_mismatch"),
        ({"content_sha256": digest("x")}, "digest_mismatch"),
        ({"counts": Counts(upsert=1)}, "schema_mismatch"),
        ({"schemas": {}}, "schema_mismatch"),
        ({"schemas": {"customers": {"given_name": "text 60"}}}, "schema_mismatch"),
        ({"schemas": {"customers": {"given_name": "text 2", "model_year": "integer"}}}, "schema_mismatch"),
        ({"schemas": {"customers": {"given_name": "blob", "model_year": "integer"}}}, "unsupported"),
    ],
    ids=str,
)
def test_a_false_claim_under_a_good_signature_is_refused(over: dict[str, Any], problem: str) -> None:
    assert seal.open_batch(resealed(), CONTENT, find_key)
    assert refused(resealed(**over), CONTENT).problem == problem


def test_another_key_is_unknown_and_a_foreign_signature_under_a_known_key_is_bad() -> None:
    mine, other = seal.seal(CONTENT, claims(), sign), seal.seal(CONTENT, claims(), sign_other)
    assert refused(other.jws, CONTENT).problem == "unknown_key"
    head, payload, _ = mine.jws.split(".")
    assert refused(f"{head}.{payload}.{other.jws.split('.')[2]}", CONTENT).problem == "bad_signature"


def test_a_signature_of_another_kind_is_no_manifest() -> None:
    payload = manifest.encode(seal.seal(CONTENT, claims(), sign).manifest)
    assert refused(sign("fieldgate-receipt+jws", payload), CONTENT).problem == "bad_signature"


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ({"alg": "none", "kid": KID, "typ": manifest.TYP}, "bad_signature"),
        ({"alg": "HS256", "kid": KID, "typ": manifest.TYP}, "bad_signature"),
        ({"alg": "ES256", "kid": KID, "typ": manifest.TYP, "crit": ["exp"]}, "unsupported"),
        ({"alg": "ES256", "kid": "x", "typ": manifest.TYP, "jwk": dict(JWK)}, "unknown_key"),
        ({"alg": "ES256", "kid": KID, "typ": manifest.TYP, "jku": "https://keys.example"}, "bad_signature"),
        ([], "bad_signature"),
    ],
    ids=str,
)
def test_header_tricks_are_refused(header: Any, problem: str) -> None:
    import json

    _, payload, signature = seal.seal(CONTENT, claims(), sign).jws.split(".")
    changed = f"{jws.b64url(json.dumps(header).encode())}.{payload}.{signature}"
    assert refused(changed, CONTENT).problem == problem


def test_a_header_nested_without_end_is_refused_and_does_not_crash() -> None:
    head = jws.b64url(b"[" * 100_000)
    assert refused(f"{head}.AAAA.{'A' * 86}", CONTENT).problem == "bad_signature"


@pytest.mark.parametrize("text", ["", ".", "..", "a.b", "a.b.c.d", "\u00e9.b.c", "=.=.="])
def test_what_is_no_jws_is_refused(text: str) -> None:
    assert refused(text, CONTENT).problem == "bad_signature"


def test_sealing_refuses_what_the_wire_does_not_take() -> None:
    for content in (CONTENT[:-1], b"{}\n", raw_line(1) * 5001):
        with pytest.raises(WireError):
            seal.seal(content, claims(), sign)


def test_a_batch_shows_no_value() -> None:
    sealed = seal.seal(CONTENT, claims(), sign)
    assert "Pat" not in repr(sealed)
    assert "Pat" not in repr(seal.open_batch(sealed.jws, CONTENT, find_key))


def test_folder_names_sort_in_the_order_of_sending() -> None:
    order = [(1, 1), (1, 2), (1, 10), (1, 99_999), (2, 1)]
    names = [seal.folder_names(seal.seal(b"", claims(epoch=e, seq=s), sign).manifest)[1] for e, s in order]
    assert names == sorted(names)
