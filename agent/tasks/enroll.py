"""Become known to a recipient with the token it gave out of band; open the streams that approved policies need."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path

from agent import __version__
from agent.core import enrollment
from agent.core.answers import meaning
from agent.core.jws import b64url, kid_of
from agent.core.roll import read_roll
from agent.core.ruleset import Ruleset
from agent.core.text import shown
from agent.errors import ConfigError, DeliveryError, Retry, SealError
from agent.oem import Endpoint, Oem
from agent.state import evidence, outbox, permission, streams
from agent.tasks.desk import (
    Desk,
    create_recipient_key,
    create_stream_keys,
    own_keys,
    remember_recipient_key,
    remember_stream_keys,
)
from agent.tasks.folder import Folder
from agent.tasks.receipt_keys import oem_keys


def endpoint(desk: Desk, recipient: str) -> Endpoint:
    """Where a recipient stands in agent.yaml."""
    settings = desk.config.recipients.get(recipient)
    if settings is None or settings.endpoint is None:
        raise ConfigError(
            "FG-C20",
            f"agent.yaml has no endpoint for the recipient {shown(recipient)}",
            "add it under recipients: in agent.yaml",
        )
    return Endpoint(recipient, settings.endpoint, settings.proxy, settings.ca, settings.pin)


def folder_of(desk: Desk, name: str) -> Folder | None:
    """The folder that stands in for a recipient's endpoint; None where it has an endpoint."""
    settings = desk.config.recipients.get(name)
    if settings is None or settings.folder is None:
        return None
    return Folder(name, Path(settings.folder), own_keys(desk))


def connect(desk: Desk, recipient: str) -> Oem:
    return Oem(endpoint(desk, recipient), desk.signer.sign)


def enroll(desk: Desk, recipient: str, store: str, token: str) -> streams.Enrollment:
    """Register our signing key for one store's dealer code, with the roll, and pin the recipient's receipt keys."""
    dealer_code = _dealer_code(desk, store)
    with desk.state.reading() as tx:
        roll_data = permission.roll(tx)
        known = streams.enrollment(tx, recipient)
    if known and dealer_code in known.dealer_codes:
        raise ConfigError(
            "FG-C21", f"store {shown(store)} is enrolled with {shown(recipient)} already", "fieldgate status"
        )
    if roll_data is None:
        raise ConfigError(
            "FG-C22", "there is no officer roll yet, and enrollment registers it", "fieldgate officers import roll.json"
        )
    request = enrollment.EnrollmentRequest(
        token=token,
        dealer_code=dealer_code,
        instance_id=desk.instance_id,
        jwk=dict(desk.signer.jwk),
        roll_sha256=read_roll(roll_data, None).sha256,
        roll=b64url(roll_data),
        agent_version=__version__,
    )
    answer = _asked(desk, recipient, request)
    if answer.receiver != recipient:
        raise ConfigError(
            "FG-C23",
            f"the endpoint calls itself {shown(answer.receiver)}, agent.yaml calls it {shown(recipient)}",
            "use the OEM's own name for it in agent.yaml and in the policies",
        )
    return _keep(desk, request, answer, known)


def _dealer_code(desk: Desk, store: str) -> str:
    code = desk.config.stores.get(store)
    if code is None:
        raise ConfigError("FG-C24", f"agent.yaml has no store {shown(store)}", "add it under stores: in agent.yaml")
    return code


def _asked(desk: Desk, recipient: str, request: enrollment.EnrollmentRequest) -> enrollment.EnrollmentAnswer:
    oem = connect(desk, recipient)
    try:
        reply = oem.enroll(enrollment.make_request(request, desk.signer.sign))
    finally:
        oem.close()
    if reply.status not in (200, 201):
        answer = meaning(reply.status, reply.problem)
        later = answer.action == "retry"
        raise DeliveryError(
            "FG-D11",
            f"{shown(recipient)} did not accept the enrollment: {answer.problem or f'HTTP {reply.status}'}",
            answer.advice,
            retry=Retry.LATER if later else Retry.STOP,
            exit_status=4 if later else 1,
        )
    return enrollment.read_answer(reply.body, request)


def _keep(
    desk: Desk,
    request: enrollment.EnrollmentRequest,
    answer: enrollment.EnrollmentAnswer,
    known: streams.Enrollment | None,
) -> streams.Enrollment:
    keys = {kid_of(jwk): jwk for jwk in answer.jwks["keys"]}
    if known and not _is_followed(desk, known, keys):
        raise SealError(
            "FG-K20",
            f"{shown(answer.receiver)} shows other receipt keys than at the first enrollment",
            "nothing was enrolled; call the OEM on a number you know",
        )
    create_recipient_key(desk, answer.receiver)
    with desk.state.transaction() as tx:  # COMMIT POINT enrolled
        remember_recipient_key(desk, tx, answer.receiver)
        streams.enroll(tx, answer.receiver, request.dealer_code, keys, desk.now())
        evidence.append(
            tx, "enrolled", desk.clock(), desk.actor,
            recipient=answer.receiver, kid=desk.signer.kid, receipt_kids=sorted(keys),
            dealer_code=request.dealer_code,
        )  # fmt: skip
        enrolled = streams.enrollment(tx, answer.receiver)
    assert enrolled is not None
    return enrolled


def _is_followed(desk: Desk, known: streams.Enrollment, keys: Iterable[str]) -> bool:
    """Whether each key is one of those pinned at the first enrollment, or one that they have handed over to."""
    oem = connect(desk, known.recipient)
    try:
        find = oem_keys(desk, known.recipient, oem)
        return all(find(kid) for kid in keys)
    finally:
        oem.close()


def open_streams(desk: Desk, ruleset: Ruleset) -> list[streams.Stream]:
    """The streams of all policies in force, opened where they are new; keys first, so none exists without its keys."""
    found = []
    for policy in ruleset.policies:
        for store in policy.stores:
            with desk.state.reading() as tx:
                enrolled = streams.enrollment(tx, policy.recipient)
                stream = streams.find(tx, store, policy.recipient, policy.name)
            known = enrolled.dealer_codes if enrolled else frozenset[str]()
            if _is_folder(desk, policy.recipient) or desk.config.stores.get(store) in known:
                found.append(stream or _open(desk, store, policy.recipient, policy.name))
    return found


def ended_streams(desk: Desk, ruleset: Ruleset) -> list[streams.Stream]:
    """Streams whose store or recipient the policy in force no longer names: nothing is read for them, and what the OEM
    holds must be retracted."""
    fed = {(store, p.recipient, p.name) for p in ruleset.policies for store in p.stores}
    with desk.state.reading() as tx:
        known = streams.streams(tx)
    return [
        one
        for one in known
        if ruleset.policy(one.policy)
        and (one.store, one.recipient, one.policy) not in fed
        and one.recipient in desk.config.recipients
        and one.store in desk.config.stores
    ]


def silenced_streams(desk: Desk, ruleset: Ruleset) -> list[streams.Stream]:
    """Streams of policies that have ended, to which something must still be told: who stopped, who must be deleted."""
    with desk.state.reading() as tx:
        return [
            one
            for one in streams.streams(tx)
            if ruleset.policy(one.policy) is None
            and one.recipient in desk.config.recipients
            and one.store in desk.config.stores
            and outbox.must_tell(tx, one.stream_id)
        ]


def can_be_asked(desk: Desk, recipient: str) -> bool:
    """Whether somebody answers there."""
    return recipient in desk.config.recipients and not _is_folder(desk, recipient)


def _is_folder(desk: Desk, recipient: str) -> bool:
    """A folder has nobody to enroll with."""
    settings = desk.config.recipients.get(recipient)
    return settings is not None and settings.folder is not None


def _open(desk: Desk, store: str, recipient: str, policy: str) -> streams.Stream:
    stream_id = secrets.token_hex(8)
    create_stream_keys(desk, stream_id)
    create_recipient_key(desk, recipient)
    with desk.state.transaction() as tx:  # COMMIT POINT stream opened
        stream = streams.open_stream(tx, stream_id, store, recipient, policy)
        remember_stream_keys(desk, tx, stream_id)
        remember_recipient_key(desk, tx, recipient)
        evidence.append(
            tx, "stream_opened", desk.clock(), desk.actor,
            stream_id=stream_id, store=store, recipient=recipient, policy=policy,
        )  # fmt: skip
    return stream
