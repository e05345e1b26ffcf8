"""The OEM's endpoint: push, stream head, opt-outs, enroll. The only importer of httpx. No judgement in here: it carries
sealed batches out and the OEM's bytes back, and `core` says what they mean.

System trust store (dealerships run TLS-inspecting firewalls), TLS 1.2 or newer, no redirects, no environment proxies,
answers bounded. A pin is held against the OEM's key on each connection, after the usual verification and before the
first byte of a request. Nothing else may be sent: `push` takes a SealedBatch and no other type.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
import truststore
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from agent.core.heads import (
    RequestClaims,
    authorization,
    head_path,
    held_path,
    opt_outs_path,
    suppressed_path,
)
from agent.core.packing import packed
from agent.core.seal import SealedBatch
from agent.errors import ConfigError, DeliveryError

_ANSWER_MAX = 256 * 1024
_Cause = TypeVar("_Cause", bound=BaseException)
_NO_WAY = frozenset({errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH})
_OUT_OF_TIME = frozenset({9, 10})  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where and how. `ca`: a PEM file instead of the system's trust store. `pins`: the keys it may show, if any."""

    name: str  # the recipient's name, `aud` of all we sign
    url: str
    proxy: str | None = None
    ca: str | None = None
    pins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, unjudged. `problem`: the problem type of a problem+json, else empty. `dated`: the
    clock there, as nobody has signed it."""

    status: int
    body: bytes
    problem: str
    retry_after: str | None
    dated: str = ""


def way(endpoint: Endpoint) -> Iterator[str]:
    """Go the way to an endpoint step by step: yields the name of each step that worked, DNS > TCP > TLS. DeliveryError
    at the first that did not, in the words a delivery would fail with. Behind a proxy TLS comes with the first request.
    """
    url = httpx.URL(endpoint.proxy or endpoint.url)
    host, port = url.host, url.port or (443 if url.scheme == "https" else 80)
    try:
        family, kind, number, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise _no_address(host) from None
    yield "DNS"
    with socket.socket(family, kind, number) as line:
        line.settimeout(_TIMEOUT.connect)
        try:
            line.connect(address)
        except OSError as error:
            if error.errno in _NO_WAY or endpoint.proxy:
                raise _not_out(endpoint, error) from None
            raise _unreachable(host, f"nothing answers on port {port} of {host}") from None
        yield "TCP"
        if endpoint.proxy or url.scheme != "https":
            return
        try:
            with _trust(endpoint).wrap_socket(line, server_hostname=host):
                pass
        except _OtherKey as other:
            raise _not_pinned(host, other.seen) from None
        except ssl.SSLError as error:
            raise _untrusted(host, error) from None
        except OSError:
            raise _unreachable(host, "the connection broke before TLS stood") from None
    yield "TLS"


class Oem:
    """A connection to one recipient. Each call is one request."""

    def __init__(self, endpoint: Endpoint, sign: Callable[[str, bytes], str]) -> None:
        self._endpoint = endpoint
        self._sign = sign
        self._trust = _trust(endpoint)
        try:
            self._client = httpx.Client(
                base_url=endpoint.url,
                verify=self._trust,
                proxy=endpoint.proxy,
                trust_env=False,
                follow_redirects=False,
                timeout=_TIMEOUT,
                headers={"user-agent": "fieldgate"},
            )
        except (ValueError, httpx.InvalidURL):
            raise ConfigError(
                "FG-C12",
                f"endpoint or proxy of the recipient {endpoint.name} is not an address",
                "correct recipients.*.endpoint and .proxy in agent.yaml, then: fieldgate doctor",
            ) from None

    def push(self, batch: SealedBatch) -> Reply:
        """POST one batch. Raises DeliveryError when no answer came: the batch may or may not have arrived."""
        if type(batch) is not SealedBatch:
            raise TypeError("push takes a SealedBatch")
        wire, headers = push_request(batch)
        return self._call("POST", "/v1/batches", content=wire, headers=headers)

    def head(self, stream_id: str, now_s: int, jti: str) -> Reply:
        """GET the stream's signed head."""
        return self._get(head_path(stream_id), stream_id, now_s, jti)

    def opt_outs(self, stream_id: str, after: int, now_s: int, jti: str) -> Reply:
        """GET one signed page of opt-outs."""
        return self._get(opt_outs_path(after), stream_id, now_s, jti)

    def suppressed(self, stream_id: str, after: int, now_s: int, jti: str) -> Reply:
        """GET one signed page of what the OEM holds as suppressed."""
        return self._get(suppressed_path(stream_id, after), stream_id, now_s, jti)

    def held(self, stream_id: str, after: int, now_s: int, jti: str) -> Reply:
        """GET one signed page of the record ids the OEM holds."""
        return self._get(held_path(stream_id, after), stream_id, now_s, jti)

    def enroll(self, request: str) -> Reply:
        """POST an enrollment: a JWS by the key it registers, with its one-time token inside."""
        return self._call(
            "POST", "/v1/enrollments", content=request.encode("ascii"), headers={"content-type": "application/jose"}
        )

    def state(self, statement: bytes) -> Reply:
        """POST a statement about our keys; it proves itself by its signatures."""
        return self._call("POST", "/v1/statements", content=statement, headers={"content-type": "application/json"})

    def keys(self) -> Reply:
        """GET the OEM's receipt keys: public, so nothing is said of us."""
        return self._call("GET", "/v1/keys", headers={})

    @property
    def shown_key(self) -> str:
        """The pin of the key that the endpoint showed last; empty before the first connection, and without TLS."""
        return self._trust.seen

    def close(self) -> None:
        self._client.close()

    def _get(self, path: str, stream_id: str, now_s: int, jti: str) -> Reply:
        claims = RequestClaims(aud=self._endpoint.name, stream_id=stream_id, path=path, iat=now_s, jti=jti)
        return self._call("GET", path, headers={"authorization": authorization(claims, self._sign)})

    def _call(self, method: str, path: str, *, headers: dict[str, str], content: bytes | None = None) -> Reply:
        try:
            with self._client.stream(method, path, content=content, headers=headers) as answer:
                body = _bounded(answer)
        except httpx.HTTPError as error:
            raise _no_answer(self._endpoint, error) from None
        told = answer.headers
        return Reply(answer.status_code, body, _problem(answer, body), told.get("retry-after"), told.get("date", ""))


def push_request(batch: SealedBatch) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a push, as they go out."""
    wire = packed(batch.content) if batch.wire is None else batch.wire
    return wire, {
        "content-type": batch.manifest.content_type,
        "content-encoding": "gzip",
        "idempotency-key": batch.manifest.batch_id,
        "content-digest": content_digest(wire),
        "fieldgate-manifest": batch.jws,
    }


def content_digest(wire: bytes) -> str:
    """RFC 9530, over the bytes as sent."""
    import base64

    return f"sha-256=:{base64.b64encode(sha256(wire).digest()).decode()}:"


def pin_of(certificate: bytes) -> str:
    """What `recipients.*.pin` compares: the digest of a DER certificate's SubjectPublicKeyInfo. The key and not the
    certificate, so a certificate renewed over the same key goes on working."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    return f"sha256:{sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()}"


class _OtherKey(ssl.SSLError):
    """A verified certificate over a key that no pin names."""

    def __init__(self, seen: str) -> None:
        super().__init__("the key is not pinned")
        self.seen = seen


class _Pinned:
    """What every TLS connection to an endpoint goes through, with or without a proxy: the handshake is over, nothing of
    a request has been sent. Stands in front of the kind of SSLContext that does the usual verification."""

    pins: tuple[str, ...] = ()
    seen = ""

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        line: ssl.SSLSocket = super().wrap_socket(*args, **kwargs)  # type: ignore[misc]
        try:
            self.seen = pin_of(line.getpeercert(binary_form=True) or b"")
            if self.pins and self.seen not in self.pins:
                raise _OtherKey(self.seen)
        except ValueError:
            line.close()
            raise ssl.SSLError("the certificate cannot be read") from None
        except _OtherKey:
            line.close()
            raise
        return line

    def wrap_bio(self, *_: Any, **__: Any) -> ssl.SSLObject:
        """TLS within the TLS of a proxy: config refuses such a proxy beside a pin."""
        if self.pins:
            raise ssl.SSLError("a pin cannot be held against a key within another TLS connection")
        inner: ssl.SSLObject = super().wrap_bio(*_, **__)  # type: ignore[misc]
        return inner


class _PinnedByCa(_Pinned, ssl.SSLContext):
    """A CA of the dealer's choice vouches."""


class _PinnedBySystem(_Pinned, truststore.SSLContext):
    """The system's trust store vouches."""


def _trust(endpoint: Endpoint) -> _PinnedByCa | _PinnedBySystem:
    ca = endpoint.ca
    context = _PinnedBySystem(ssl.PROTOCOL_TLS_CLIENT) if ca is None else _PinnedByCa(ssl.PROTOCOL_TLS_CLIENT)
    if ca is not None:
        if not Path(ca).is_file():
            raise ConfigError("FG-C10", f"the CA file {ca} is not there", "correct recipients.*.ca in agent.yaml")
        try:
            context.verify_flags = ssl.create_default_context(cafile=ca).verify_flags
            context.load_verify_locations(cafile=ca)
        except ssl.SSLError:
            raise ConfigError("FG-C11", f"{ca} is not a PEM certificate", "correct recipients.*.ca") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.pins = endpoint.pins
    return context


def _bounded(answer: httpx.Response) -> bytes:
    body = bytearray()
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > _ANSWER_MAX:
            raise httpx.ReadError("answer too large")
    return bytes(body)


def _problem(answer: httpx.Response, body: bytes) -> str:
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return ""
    try:
        found = msgspec.json.decode(body)
    except msgspec.MsgspecError:
        return ""
    kind = found.get("type") if isinstance(found, dict) else None
    return kind if isinstance(kind, str) else ""


def _no_answer(endpoint: Endpoint, error: httpx.HTTPError) -> DeliveryError:
    host = httpx.URL(endpoint.url).host
    broken = _caused_by(error, ssl.SSLError) if isinstance(error, httpx.ConnectError) else None
    if isinstance(broken, _OtherKey):
        return _not_pinned(host, broken.seen)
    if broken:
        return _untrusted(host, broken)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return _not_out(endpoint, _caused_by(error, OSError))
    if isinstance(error, httpx.ProxyError):
        return DeliveryError(
            "FG-D03", "the proxy refused the connection", "correct recipients.*.proxy in agent.yaml", who="dealer IT"
        )
    return DeliveryError(
        "FG-D04", f"{host} broke off before it answered", "nothing to do: the same bytes are sent again by themselves"
    )


def _not_out(endpoint: Endpoint, cause: OSError | None) -> DeliveryError:
    """No connection: which part of the way is it, and whose? What the system says by number, never by text."""
    host = httpx.URL(endpoint.proxy or endpoint.url).host
    if isinstance(cause, socket.gaierror):
        return _no_address(host)
    if cause is not None and cause.errno in _NO_WAY:
        return DeliveryError(
            "FG-D07",
            f"this machine has no way to {host}: its own network is down, or a router near it",
            "look whether this machine has a network at all; it is tried again by itself, then: fieldgate doctor",
            who="dealer IT",
        )
    if endpoint.proxy:
        return DeliveryError(
            "FG-D03",
            f"the proxy {host} cannot be reached",
            "look at the proxy, or correct recipients.*.proxy in agent.yaml, then: fieldgate doctor",
            who="dealer IT",
        )
    return _unreachable(host)


def _no_address(host: str) -> DeliveryError:
    return DeliveryError(
        "FG-D06",
        f"{host} has no address here (DNS)",
        "look whether this machine has the internet and DNS; where it has, correct the name in agent.yaml; it is tried"
        " again by itself, then: fieldgate doctor",
        who="dealer IT",
    )


def _unreachable(host: str, why: str = "") -> DeliveryError:
    what = f"{host} cannot be reached" + (f": {why}" if why else "")
    return DeliveryError(
        "FG-D01", what, "nothing to do here: it is tried again by itself; if it stays: fieldgate doctor"
    )


def _untrusted(host: str, why: ssl.SSLError) -> DeliveryError:
    if getattr(why, "verify_code", 0) in _OUT_OF_TIME:
        return DeliveryError(
            "FG-D08",
            f"the certificate of {host} has ended, or is not valid yet, by the clock of this machine",
            "look at the clock of this machine first; where it is right, call the OEM: it must renew its certificate;"
            " nothing was sent",
            who="dealer IT",
        )
    return DeliveryError(
        "FG-D02",
        f"{host} did not show a certificate this machine trusts",
        "ask who inspects TLS on this network, or set recipients.*.ca in agent.yaml to the OEM's CA; nothing was sent",
        who="dealer IT",
    )


def _not_pinned(host: str, seen: str) -> DeliveryError:
    return DeliveryError(
        "FG-D05",
        f"{host} showed the key {seen}, and recipients.*.pin in agent.yaml does not name it",
        "call the OEM on a number you know; only if it says that this is its key, add it to recipients.*.pin, then:"
        " fieldgate doctor; nothing was sent",
        who="dealer IT",
    )


def _caused_by(error: BaseException, kind: type[_Cause]) -> _Cause | None:
    """Look for a class of error along the causes; never at the text."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, kind):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None
