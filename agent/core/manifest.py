"""The manifest: a batch's signed description. One schema, declared here; writer, reader and docs follow it.

The reader ignores claims it does not know, and refuses an unknown `spec`, `kind` or `crit`, a claim twice, a float, and
more than 6 KiB. Nothing in a manifest is a value out of a record.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Annotated, Any, Literal, NoReturn

import msgspec

from agent.core.answers import WireError
from agent.core.lines import INT_LIMIT

TYP = "fieldgate-batch+jws"
SPEC = 1
MANIFEST_MAX = 6 * 1024

Kind = Literal["data", "control", "heartbeat", "void", "reset"]
AccessStatus = Literal["refused", "wide_exception", "file_header", "not_enforced"]
KINDS: tuple[Kind, ...] = ("data", "control", "heartbeat", "void", "reset")

Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:+-]{0,127}\Z")]
Digest = Annotated[str, msgspec.Meta(pattern=r"^sha256:[0-9a-f]{64}\Z")]
Count = Annotated[int, msgspec.Meta(ge=0, lt=INT_LIMIT)]
Positive = Annotated[int, msgspec.Meta(ge=1, lt=INT_LIMIT)]
Instant = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z\Z")]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Lines by op."""

    lift: Count = 0
    retract: Count = 0
    suppress: Count = 0
    upsert: Count = 0


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """Of one dataset: rows the policy's selection held, records sent, and rows kept back by reason."""

    eligible: Count
    sent: Count
    withheld: dict[str, Count] = {}


class PolicyClaim(msgspec.Struct, frozen=True, kw_only=True):
    name: Name
    version: Count
    sha256: Digest


class AccessClaim(msgspec.Struct, frozen=True, kw_only=True):
    """The access record this batch was read under."""

    status: AccessStatus
    sha256: Digest


class RecipientMay(msgspec.Struct, frozen=True, kw_only=True):
    keep_for_months: Count
    pass_on_to: list[str] = []


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """When the rows were read. Times only: a key or a change value would tell about people."""

    from_at: Instant
    to_at: Instant


class ResetClaim(msgspec.Struct, frozen=True, kw_only=True):
    """Why a new epoch may start: the officers' signatures (compact JWS) on a decision of kind reset."""

    statements: list[str]


class Claims(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Everything of a manifest that is not computed from the body."""

    iss: Name
    aud: Name
    dealer_code: Name
    store: Name
    stream_id: Name
    instance_id: Name
    epoch: Positive
    seq: Positive
    batch_id: Name
    kind: Kind
    prev: Digest | None  # of the previous manifest as sent; null where the stream begins
    coverage: dict[str, Coverage] | None  # null: switched off by the dealer
    policy: PolicyClaim
    approvals_sha256: Digest
    roll_sha256: Digest
    roll_version: Count
    floor_sha256: Digest
    access: AccessClaim
    schemas: dict[str, dict[str, str]]
    purpose: Name
    single_officer: bool
    recipient_may: RecipientMay
    opt_outs_through: Count
    window: Window | None
    audit_head: Digest
    agent_version: Name
    iat: Count  # seconds since 1970, UTC
    replaces: Name | msgspec.UnsetType = msgspec.UNSET  # batch_id whose place this one takes
    reset: ResetClaim | msgspec.UnsetType = msgspec.UNSET


class Manifest(Claims, frozen=True, kw_only=True):
    """All claims. Inherits, against the house's habit, so that no claim is declared twice."""

    spec: Literal[1] = 1
    content_type: Literal["application/x-ndjson"] = "application/x-ndjson"
    counts: Counts
    content_sha256: Digest
    merkle_root: Digest


_ENCODER = msgspec.json.Encoder(order="sorted")


def encode(manifest: Manifest) -> bytes:
    """The payload that is signed. ValueError where it would be refused by a reader."""
    data = _ENCODER.encode(manifest)
    decode(data)
    return data


def decode(data: bytes) -> Manifest:
    """A manifest from a payload whose signature has been verified; WireError otherwise."""
    if len(data) > MANIFEST_MAX:
        raise WireError("too_large", f"the manifest is larger than {MANIFEST_MAX} bytes")
    raw = strict_object(data, "manifest")
    check_common(raw, "manifest")
    if raw.get("kind") not in KINDS:
        raise WireError("unsupported", "manifest: an unknown kind")
    found: Manifest = convert(raw, Manifest, "manifest")
    _check_kind(found)
    return found


def _check_kind(manifest: Manifest) -> None:
    counts, kind = manifest.counts, manifest.kind
    if counts.upsert and kind != "data":
        raise WireError("unsupported", "manifest: upsert stands in data batches only")
    if (counts.lift or counts.retract or counts.suppress) and kind != "control":
        raise WireError("unsupported", "manifest: suppress, lift and retract stand in control batches only")
    if (manifest.reset is not msgspec.UNSET) != (kind == "reset"):
        raise WireError("unsupported", "manifest: reset stands on a reset, and only there")


def strict_object(data: bytes, what: str) -> dict[str, Any]:
    """A JSON object without a member twice, a float, a constant or an integer beyond 2^53."""
    try:
        raw = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_no_twice,
            parse_float=_no_number,
            parse_constant=_no_number,
            parse_int=_small_int,
        )
    except (ValueError, RecursionError):
        raise WireError("unsupported", f"{what}: not strict JSON (a member twice, a float, or not UTF-8)") from None
    if not isinstance(raw, dict):
        raise WireError("unsupported", f"{what}: not a JSON object")
    return raw


def check_common(raw: dict[str, Any], what: str) -> None:
    """`spec` is the one we know, and nothing is marked as critical: we know no extension."""
    if raw.get("spec") != SPEC or raw["spec"] is True:
        raise WireError("unsupported", f"{what}: an unknown spec")
    if "crit" in raw:
        raise WireError("unsupported", f"{what}: crit names an extension that is not known here")


def convert(raw: dict[str, Any], kind: Any, what: str) -> Any:
    """The typed value of a strict object; WireError naming the claim (the codec's own text may quote values)."""
    try:
        return msgspec.convert(raw, kind)
    except (msgspec.ValidationError, RecursionError):
        raise WireError(
            "unsupported", f"{what}: {_wrong_claim(raw, kind)} is missing or not what spec 1 says"
        ) from None


def _wrong_claim(raw: dict[str, Any], kind: Any) -> str:
    for field in msgspec.structs.fields(kind):
        if field.encode_name not in raw:
            if field.required:
                return field.encode_name
            continue
        try:
            msgspec.convert(raw[field.encode_name], field.type)
        except (msgspec.ValidationError, RecursionError):
            return field.encode_name
    return "a claim"


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member twice")
    return found


def _no_number(text: str) -> NoReturn:  # noqa: ARG001  (json's signature)
    raise ValueError("a float")


def _small_int(text: str) -> int:
    if len(text) > 17 or not -INT_LIMIT < (number := int(text)) < INT_LIMIT:
        raise ValueError("an integer beyond 2^53")
    return number


def digest(data: bytes) -> str:
    """`sha256:<hex>`, the one form of digests on the wire."""
    return "sha256:" + sha256(data).hexdigest()
