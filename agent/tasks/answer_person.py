"""An answer for a customer who asks: what was sent about them, to whom, when, why, and who approved it. No value is
stored, so none is shown; the number they asked under is not kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agent.core import receipt
from agent.core.contacts import kind
from agent.core.facts import EVERY_PURPOSE, EVERYTHING, GROUP, Fact
from agent.core.policy.notice import CHANNEL_WORDS
from agent.core.text import shown
from agent.state import choices, disclosures, evidence, links, requests, streams
from agent.state.choices import Said
from agent.state.store import Tx
from agent.tasks.desk import Desk
from agent.tasks.facts import Taken, take
from agent.tasks.permission import last_approved
from agent.tasks.persons import subjects_of
from agent.tasks.printed import printed, safe, table
from agent.tasks.standing import stopped_only_by_links


@dataclass(frozen=True, slots=True)
class Disclosed:
    """One batch with something about the person in it."""

    recipient: str
    store: str
    dataset: str
    records: int
    fields: tuple[str, ...]
    purpose: str
    policy: str
    policy_version: int
    approved_by: tuple[str, ...]
    batch_id: str
    receipt_id: str  # empty: the OEM's receipt is not here (yet), or it told by its signed head
    sent_at: str
    accepted_at: str  # empty: on its way


@dataclass(frozen=True, slots=True)
class Deletion:
    """One deletion asked of one OEM."""

    request_id: str
    asked_at: str
    recipient: str
    store: str
    dataset: str
    records: int
    accepted_at: str  # empty: not acknowledged yet


@dataclass(frozen=True, slots=True)
class Shared:
    """What is held back because another number of the DMS has the same contact and said stop. Not whose number."""

    recipient: str
    purpose: str
    channels: tuple[str, ...]
    shares: tuple[str, ...]  # email, phone


@dataclass(frozen=True, slots=True)
class Answer:
    disclosed: tuple[Disclosed, ...]
    said: tuple[Fact, ...]
    shared: tuple[Shared, ...]
    deletions: tuple[Deletion, ...]


def show(desk: Desk, number: str) -> Answer:
    """Everything that left about one person, on every stream. Audited, without the number."""
    with desk.state.reading() as tx:
        subjects = subjects_of(desk, tx, number)
        approvers = _approvers(tx)
        disclosed = tuple(_disclosed(one, approvers) for one in disclosures.of_people(tx, subjects))
        said = tuple(fact for facts in choices.facts_of(tx, subjects).values() for fact in facts)
        shared = tuple(dict.fromkeys(one for subject in subjects for one in _shared(tx, subject)))
        deletions = tuple(_deletions(tx, min(subjects)))
    with desk.state.transaction() as tx:
        evidence.append(
            tx, "person_shown", desk.clock(), desk.actor, disclosures=len(disclosed), erased=bool(deletions)
        )
    return Answer(disclosed, said, shared, deletions)


def restrict(desk: Desk, number: str, *, release: bool) -> Taken:
    """Stop every use for every purpose until it is released: nothing leaves, and the OEMs are told to stop."""
    what = "released" if release else "restricted"
    with desk.state.transaction() as tx:  # COMMIT POINT restricted: fact, and what the OEM is told
        fact = Fact(what, EVERY_PURPOSE, EVERYTHING, GROUP, desk.now())  # type: ignore[arg-type]
        taken = take(desk, tx, [Said(one, fact, "dealer") for one in subjects_of(desk, tx, number)])
        evidence.append(tx, "person_restricted", desk.clock(), desk.actor, what=what, told=taken.told)
    return taken


def _approvers(tx: Tx) -> dict[tuple[str, int], tuple[str, ...]]:
    """(policy, version) -> who signed it, out of the audit record."""
    return {
        (facts["policy"], facts["version"]): tuple(facts["approved_by"])
        for facts in evidence.said(tx, "policy_imported")
    }


def _disclosed(one: disclosures.Left, approvers: dict[tuple[str, int], tuple[str, ...]]) -> Disclosed:
    return Disclosed(
        recipient=one.recipient,
        store=one.store,
        dataset=one.dataset,
        records=len(one.ids),
        fields=tuple(one.fields.split()),
        purpose=one.purpose,
        policy=one.policy,
        policy_version=one.policy_version,
        approved_by=approvers.get((one.policy, one.policy_version), ()),
        batch_id=one.batch_id,
        receipt_id=receipt.id_of(one.receipt),
        sent_at=one.announced_at,
        accepted_at=one.settled_at or "",
    )


def _shared(tx: Tx, subject: bytes) -> Iterator[Shared]:
    for stream in streams.streams(tx):
        policy = last_approved(tx, stream.policy)
        channels, others = stopped_only_by_links(tx, policy, stream, subject)
        if channels:
            what = (EVERYTHING,) if EVERYTHING in channels else tuple(sorted(channels))
            shares = {kind(contact) for contact in links.between(tx, subject, others)}
            yield Shared(stream.recipient, policy.purpose, what, tuple(sorted(shares)))


def _deletions(tx: Tx, subject: bytes) -> Iterator[Deletion]:
    for request in requests.requests(tx, "erase", subject):
        for ask in requests.asks(tx, request.request_id):
            yield Deletion(
                request.request_id, request.opened_at, ask.recipient, ask.store, ask.dataset, ask.records,
                ask.accepted_at or "",
            )  # fmt: skip


# The page for the customer -----------------------------------------------------------------------------------------

_PURPOSES = {
    "marketing": "to send you advertising",
    "service_reminders": "to remind you of service",
    "market_reporting": "to count how cars sell; nothing in it says who you are",
    "warranty_recall": "for warranty and safety recalls",
}
_CONTACTS = {"email": "e-mail address", "phone": "phone number"}
_WORDS = {
    "given": "You said yes",
    "renewed": "You said yes again",
    "refused": "You said no",
    "withdrawn": "You took a yes back",
    "expired": "Your yes ran out",
    "restricted": "All use was stopped at your request",
    "released": "Use was allowed again",
    "erased": "Deletion was asked for",
}


def customer_page(answer: Answer, asked_on: str) -> str:
    """In plain words, to hand over. It carries no name and no number: staple it to the letter."""
    parts = ["<h1>What we sent about you</h1>", f"<p>Looked up on {safe(asked_on)}.</p>"]
    if not answer.disclosed:
        parts.append("<p>Our program has never sent anything about you to a car maker.</p>")
    for recipient in dict.fromkeys(one.recipient for one in answer.disclosed):
        mine = [one for one in answer.disclosed if one.recipient == recipient]
        parts.append(f"<h2>To {safe(recipient)}</h2>")
        for purpose in dict.fromkeys(one.purpose for one in mine):
            fields = sorted({_kind_in_words(name) for one in mine if one.purpose == purpose for name in one.fields})
            parts.append(f"<p>{safe(_PURPOSES.get(purpose, purpose).capitalize())}. Kinds of information:</p>")
            parts.append("<ul>" + "".join(f"<li>{safe(name)}</li>" for name in fields) + "</ul>")
        heads = ("sent on", "about", "received on", "approved by", "their receipt")
        rows = [
            (one.sent_at[:10], one.dataset.replace("_", " "), one.accepted_at[:10] or "on its way",
             ", ".join(one.approved_by), one.receipt_id)
            for one in mine
        ]  # fmt: skip
        parts.append(table(heads, rows))
    parts.append("<p>We keep a record of the kinds of information, and no copy of what was in them.</p>")
    parts.append("<h2>What you told us</h2>")
    said = [
        (f.happened_at[:10], _WORDS[f.what], purpose_in_words(f.purpose).removeprefix("for "), CHANNEL_WORDS[f.channel])
        for f in answer.said
    ]
    parts.append(table(("on", "what", "for", "about"), said, "Nothing beside what stands in our own customer file."))
    parts += _held_back(answer.shared)
    if answer.deletions:
        asked = [
            (d.asked_at[:10], d.recipient, d.dataset.replace("_", " "), d.accepted_at[:10] or "not confirmed yet")
            for d in answer.deletions
        ]
        parts += ["<h2>Deletion</h2>", table(("asked on", "of", "about", "confirmed on"), asked)]
    return printed("What we sent about you", parts)


def _held_back(shared: tuple[Shared, ...]) -> Iterator[str]:
    if shared:
        yield "<h2>What we hold back</h2>"
    for one in shared:
        said = (
            f"Another entry in our customer file has the same {contacts_in_words(one)} as yours, and asks us to stop"
            f" {channels_in_words(one)} from {one.recipient}, {purpose_in_words(one.purpose)}. We let that count for"
            " you too. If you are not the same person, tell us, and give us a contact that is yours alone."
        )
        yield f"<p>{safe(said)}</p>"


def purpose_in_words(purpose: str) -> str:
    return "for all uses" if purpose == EVERY_PURPOSE else f"for {purpose.replace('_', ' ')}"


def scope_in_words(scope: str) -> str:
    """`group`, `store:NUMBER` or `brand:RECIPIENT`."""
    kind_, _, name = scope.partition(":")
    return "every store" if not name else f"store {shown(name)}" if kind_ == "store" else f"to {shown(name)}"


def _kind_in_words(field: str) -> str:
    """An id leaves as a made-up number; VIN is written as people know it."""
    words = ["VIN" if word == "vin" else "number" if word == "id" else word for word in field.split("_")]
    return " ".join(words)


def channels_in_words(one: Shared) -> str:
    return " and ".join(CHANNEL_WORDS[channel] for channel in one.channels)


def contacts_in_words(one: Shared) -> str:
    return " and ".join(_CONTACTS[name] for name in one.shares)
