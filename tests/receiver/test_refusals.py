"""Each problem type over real HTTPS, beside its innocent half: the nearest batch that is taken."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.core import manifest
from agent.core.answers import PROBLEMS
from agent.core.lines import CONTENT_MAX
from agent.core.seal import SealedBatch
from agent.receiver import holdings
from agent.receiver.bodies import BODY_MAX, content_digest
from agent.receiver.enroll import make_token, revoke_key
from agent.receiver.serve import Running, start_in_thread
from tests.receiver.fake_dealer import Dealer, close_clients, digest, problem_of, upsert


def refused(
    dealer: Dealer, batch: SealedBatch, problem: str, body: bytes | None = None, **headers: str
) -> dict[str, Any]:
    """The batch is refused with this type, and nothing of it was landed."""
    response = dealer.send(batch, body, **headers)
    assert (problem_of(response), response.status_code) == (problem, PROBLEMS[problem].status)
    assert dealer.head().manifest_sha256 == dealer.prev
    raw: dict[str, Any] = response.json()
    return raw


def test_gap_names_the_seq_that_is_expected(dealer: Dealer, receiver: Running) -> None:
    assert refused(dealer, dealer.sealed(upsert(1), seq=2), "gap")["expected_seq"] == 1
    dealer.post(upsert(1))
    for seq in (3, 4):
        told = refused(dealer, dealer.sealed(upsert(2), seq=seq), "gap")
        assert (told["expected_epoch"], told["expected_seq"]) == (1, 2)
    hole = [gap for gap in holdings.gaps(receiver.house) if gap.stream_id == dealer.stream_id]
    assert [(gap.expected_seq, gap.got_seq, gap.times) for gap in hole] == [(2, 4, 2)]
    dealer.post(upsert(2))
    assert [gap for gap in holdings.gaps(receiver.house) if gap.stream_id == dealer.stream_id] == []


def test_batches_out_of_order_are_taken_in_order_only(dealer: Dealer) -> None:
    first = dealer.sealed(upsert(1))
    second = dealer.sealed(upsert(2), seq=2, prev=first.manifest_sha256)
    refused(dealer, second, "gap")
    assert [dealer.send(batch).status_code for batch in (first, second, first, second)] == [201, 201, 200, 200]


def test_fork_a_clone_sends_its_own_next_batch(dealer: Dealer) -> None:
    dealer.post(upsert(1))
    clone = dealer.twin()
    dealer.post(upsert(2))
    response = clone.send(clone.sealed(upsert(3)))
    assert problem_of(response) == "fork"
    assert problem_of(clone.send(clone.sealed(upsert(3), seq=3))) == "fork"
    dealer.post(upsert(4))


def test_fork_a_batch_id_is_used_twice(dealer: Dealer) -> None:
    first = dealer.post(upsert(1))
    refused(dealer, dealer.sealed(upsert(2), batch_id=first.manifest.batch_id), "fork")
    dealer.post(upsert(2))


def test_fork_a_new_epoch_without_a_reset(dealer: Dealer) -> None:
    dealer.post(upsert(1))
    refused(dealer, dealer.sealed(upsert(2), epoch=2, seq=1), "fork")
    dealer.post(upsert(2))


def test_seq_settled_when_void_and_batch_cross_on_the_way(dealer: Dealer) -> None:
    late = dealer.sealed(upsert(1))
    void = dealer.post(b"", kind="void", replaces=late.manifest.batch_id)
    refused(dealer, late, "seq_settled")
    arrived = dealer.sealed(upsert(2))
    late_void = dealer.sealed(b"", kind="void", replaces=arrived.manifest.batch_id)
    assert dealer.send(arrived).status_code == 201
    dealer.moved_past(arrived)
    refused(dealer, late_void, "seq_settled")
    assert void.manifest.seq == 1


def test_in_progress_while_another_batch_of_the_stream_is_taken_in(dealer: Dealer, receiver: Running) -> None:
    batch = dealer.sealed(upsert(1))
    with receiver.house.taking_in(dealer.stream_id):
        response = dealer.send(batch)
        assert problem_of(response) == "in_progress"
        assert int(response.headers["retry-after"]) > 0
    assert dealer.send(batch).status_code == 201


def resigned(dealer: Dealer, batch: SealedBatch, **over: Any) -> SealedBatch:
    """The batch under a good signature and with other claims: an agent of the future, or a broken one."""
    raw = msgspec.json.decode(manifest.encode(batch.manifest)) | over
    compact = dealer.sign(manifest.TYP, msgspec.json.encode(raw))
    return SealedBatch(batch.manifest, compact, digest(compact), batch.content)


@pytest.mark.parametrize("over", [{"spec": 2}, {"kind": "merge"}, {"crit": ["x"]}, {"epoch": 0}], ids=str)
def test_unsupported_manifest(dealer: Dealer, over: dict[str, Any]) -> None:
    batch = dealer.sealed(upsert(1))
    refused(dealer, resigned(dealer, batch, **over), "unsupported")
    assert dealer.send(resigned(dealer, batch, colour="blue")).status_code == 201


def test_unsupported_op_and_encoding_and_idempotency_key(dealer: Dealer) -> None:
    content = upsert(1)
    batch = dealer.sealed(content)
    merge = content.replace(b'"op":"upsert"', b'"op":"merger"')
    described = msgspec.structs.replace(batch.manifest, content_sha256=digest(merge.decode()))
    leaf = manifest.digest(b"\x00" + merge[:-1])
    compact = dealer.sign(manifest.TYP, manifest.encode(msgspec.structs.replace(described, merkle_root=leaf)))
    told = refused(dealer, SealedBatch(batch.manifest, compact, "", merge), "unsupported")
    assert told["line"] == 1
    refused(dealer, batch, "unsupported", content, Content_Encoding="identity", Content_Digest=content_digest(content))
    refused(dealer, batch, "unsupported", Idempotency_Key="another")
    assert dealer.send(batch).status_code == 201


def test_unknown_key(dealer: Dealer) -> None:
    stranger = dealer.twin(key=ec.generate_private_key(ec.SECP256R1()))
    assert problem_of(stranger.send(stranger.sealed(upsert(1)))) == "unknown_key"
    assert problem_of(stranger.get(stranger.request(f"/v1/streams/{dealer.stream_id}"))) == "unknown_key"
    dealer.post(upsert(1))


def test_revoked_key(dealer: Dealer, receiver: Running) -> None:
    dealer.post(upsert(1))
    kid = next(b.kid for b in holdings.batches(receiver.house, dealer.stream_id))
    assert revoke_key(receiver.house, kid)
    assert problem_of(dealer.send(dealer.sealed(upsert(2)))) == "revoked_key"
    assert problem_of(dealer.get(dealer.request(f"/v1/streams/{dealer.stream_id}"))) == "revoked_key"


def test_bad_signature(dealer: Dealer) -> None:
    batch = dealer.sealed(upsert(1))
    head, payload, signature = batch.jws.split(".")
    for compact in (f"{head}.{payload[:-2]}AA.{signature}", f"{head}.{payload}.{'A' * 86}", "", "x.y"):
        assert problem_of(dealer.send(batch, Fieldgate_Manifest=compact)) == "bad_signature"
    assert dealer.send(batch).status_code == 201


def test_digest_mismatch_when_any_byte_is_flipped_on_the_way(dealer: Dealer) -> None:
    batch = dealer.sealed(upsert(1))
    packed = gzip.compress(batch.content, 1)
    for at in range(0, len(packed), 13):
        flipped = packed[:at] + bytes([packed[at] ^ 1]) + packed[at + 1 :]
        response = dealer.send(batch, flipped, Content_Digest=content_digest(packed))
        assert problem_of(response) == "digest_mismatch"
    refused(dealer, batch, "digest_mismatch", packed, Content_Digest="sha-512=:AAAA:")
    refused(dealer, batch, "digest_mismatch", packed[:-1])
    refused(dealer, batch, "digest_mismatch", packed + packed)
    refused(dealer, batch, "digest_mismatch", packed + b"x")
    refused(dealer, batch, "digest_mismatch", gzip.compress(upsert(2)))
    refused(dealer, batch, "digest_mismatch", batch.content)
    assert dealer.send(batch).status_code == 201


def test_schema_mismatch_names_line_and_field_and_no_value(dealer: Dealer) -> None:
    secret = "078-05-1120"
    told = refused(dealer, dealer.sealed(upsert(1) + upsert(2, model_year=secret)), "schema_mismatch")
    assert told["detail"] == "line 2: field model_year does not fit its type"
    refused(dealer, dealer.sealed(upsert(1, ssn=secret)), "schema_mismatch")
    refused(dealer, dealer.sealed(upsert(1, dataset="deals")), "schema_mismatch")
    refused(dealer, dealer.sealed(upsert(1).replace(b"Pat", b"\\u0050at")), "schema_mismatch")
    dealer.post(upsert(1) + upsert(2, model_year=2024))


def test_policy_rollback(dealer: Dealer) -> None:
    dealer.post(upsert(1))
    for version, text in ((3, "policy 3"), (4, "policy 4, edited")):
        claim = manifest.PolicyClaim(name="customer-crm", version=version, sha256=digest(text))
        refused(dealer, dealer.sealed(upsert(2), policy=claim), "policy_rollback")
    refused(dealer, dealer.sealed(upsert(2), roll_version=1), "policy_rollback")
    newer = manifest.PolicyClaim(name="customer-crm", version=5, sha256=digest("policy 5"))
    dealer.post(upsert(2), policy=newer, roll_version=3)
    refused(dealer, dealer.sealed(upsert(3)), "policy_rollback")


def test_wrong_stream_of_another_dealer(dealer: Dealer, new_dealer: Callable[..., Dealer]) -> None:
    dealer.post(upsert(1))
    thief = new_dealer(dealer_code="EX6666", stream_id=dealer.stream_id, seq=2, prev=dealer.prev)
    for code in ("EX6666", dealer.dealer_code):
        assert problem_of(thief.send(thief.sealed(upsert(2), dealer_code=code))) == "wrong_stream"
    for path in (
        f"/v1/streams/{dealer.stream_id}",
        f"/v1/streams/{dealer.stream_id}/suppressed",
        "/v1/opt-outs?after=0",
    ):
        assert problem_of(thief.get(thief.request(path))) == "wrong_stream"
    dealer.post(upsert(2))


@pytest.mark.parametrize("over", [{"aud": "another-oem"}, {"store": "02"}, {"dealer_code": "EX9999"}], ids=str)
def test_wrong_stream_by_claim(dealer: Dealer, over: dict[str, Any]) -> None:
    dealer.post(upsert(1))
    refused(dealer, dealer.sealed(upsert(2), **over), "wrong_stream")
    other = manifest.PolicyClaim(name="another-policy", version=4, sha256=digest("p"))
    refused(dealer, dealer.sealed(upsert(2), policy=other), "wrong_stream")
    dealer.post(upsert(2))


def test_too_large_after_unpacking_is_found_without_unpacking_it_all(dealer: Dealer) -> None:
    batch = dealer.sealed(upsert(1))
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()
    assert len(bomb) < 1 << 20
    told = refused(dealer, batch, "too_large", bomb)
    assert str(CONTENT_MAX) in told["detail"]
    assert dealer.send(batch).status_code == 201


def test_too_many_lines_and_too_long_a_line(dealer: Dealer) -> None:
    room = dealer.twin(over={"schemas": {"customers": {"a": "text 70000"}}})
    long = room.sealed(upsert(1, a="x"))
    for content in (upsert(1, a="x" * 66_000), b"".join(upsert(i, a="x") for i in range(5001))):
        described = msgspec.structs.replace(long.manifest, content_sha256=manifest.digest(content))
        compact = room.sign(manifest.TYP, manifest.encode(described))
        refused(dealer, SealedBatch(long.manifest, compact, "", content), "too_large")
    room.post(b"".join(upsert(i, a="x" * 60) for i in range(5000)))


def raw_post(dealer: Dealer, head: str, body: bytes = b"") -> bytes:
    """Bytes as a hostile client would send them; what comes back until the receiver hangs up, which it may do before it
    has heard everything: then the rest cannot be sent, and the line ends without a farewell."""
    place = urlsplit(dealer.url)
    context = ssl.create_default_context(cafile=str(dealer.ca_file))
    with (
        socket.create_connection((place.hostname, place.port), 60) as plain,
        context.wrap_socket(plain, server_hostname=place.hostname) as channel,
    ):
        answer = b""
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            channel.sendall(head.encode() + body)
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while part := channel.recv(65536):
                answer += part
        return answer


def request_head(batch: SealedBatch, length: str) -> str:
    return (
        f"POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nFieldgate-Manifest: {batch.jws}\r\n"
        f"Idempotency-Key: {batch.manifest.batch_id}\r\n{length}\r\n\r\n"
    )


def test_too_large_is_answered_before_the_body_is_read(dealer: Dealer) -> None:
    head = request_head(dealer.sealed(upsert(1)), f"Content-Length: {BODY_MAX + 1}")
    assert b"413" in raw_post(dealer, head).split(b"\r\n")[0]
    huge = request_head(dealer.sealed(upsert(1)), f"Content-Length: {10**15}")
    assert b"413" in raw_post(dealer, huge).split(b"\r\n")[0]


def test_too_large_without_a_length_stops_at_the_limit(dealer: Dealer) -> None:
    head = request_head(dealer.sealed(upsert(1)), "Transfer-Encoding: chunked")
    chunk = b"%x\r\n" % (1 << 20) + bytes(1 << 20) + b"\r\n"
    assert b"413" in raw_post(dealer, head, chunk * 5).split(b"\r\n")[0]


def test_unavailable_when_a_body_arrives_too_slowly(folder: Path) -> None:
    impatient = start_in_thread(folder, body_s=2.0)
    try:
        dealer = Dealer(impatient.url, impatient.ca_file)
        assert dealer.enroll(make_token(impatient.house, dealer.dealer_code)).status_code == 201
        batch = dealer.sealed(upsert(1))
        answer = raw_post(dealer, request_head(batch, "Content-Length: 500"), b"x")
        assert b"503" in answer.split(b"\r\n")[0]
        assert b"urn:fieldgate:problem:unavailable" in answer
        assert dealer.send(batch).status_code == 201
    finally:
        close_clients(impatient.url)
        impatient.stop()


def test_a_stranger_cannot_make_it_read_a_large_body(dealer: Dealer) -> None:
    """The signature comes before the body: a long one under an unknown key is refused, not stored."""
    stranger = dealer.twin(key=ec.generate_private_key(ec.SECP256R1()))
    head = request_head(stranger.sealed(upsert(1)), f"Content-Length: {10**9}")
    assert b"401" in raw_post(dealer, head).split(b"\r\n")[0]


def test_no_refusal_leaves_anything_behind(dealer: Dealer, receiver: Running) -> None:
    dealer.post(upsert(1))
    refused(dealer, dealer.sealed(upsert(2) + upsert(3, model_year="x")), "schema_mismatch")
    assert [c.records for c in holdings.counts(receiver.house) if c.stream_id == dealer.stream_id] == [1]


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/batches/1", "/docs", "/openapi.json"])
def test_there_is_nothing_else_to_ask_for(dealer: Dealer, path: str) -> None:
    assert dealer.http.get(path).status_code == 404


def test_every_problem_type_of_the_table_was_met_here() -> None:
    """A type without a test would be a promise nobody keeps. (bad_token: test_enrollment_calls.py)"""
    tests = [name for name in globals() if name.startswith("test_")]
    untested = {name for name in PROBLEMS if not any(test.startswith(f"test_{name}") for test in tests)}
    assert untested == {"bad_token"}
