"""The notice for the counter: what a policy means to a customer, in words a customer uses.

It promises nothing the program does not hold: what is never sent is the floor, and how to say no is the policy's own.
"""

from __future__ import annotations

from collections.abc import Iterator

from agent.core.policy.document import PolicyDocument, SentField

_ABOUT_YOU = {
    "name": "your name",
    "email": "your e-mail address",
    "phone": "your phone number",
    "address": "your street address",
    "city": "your city",
    "region": "your state",
    "postal_code": "your ZIP code",
    "language": "the language you prefer",
    "free_text": "notes about you",
    "money": "amounts of money",
}
_ABOUT_VEHICLE = {
    "vin": "its identification number (VIN)",
    "vehicle": "make, model or year",
    "odometer": "odometer readings",
    "date": "dates of delivery or service",
    "service": "services done",
    "part": "parts used",
    "appointment": "appointments",
    "status": "the state of an order",
    "store": "the store",
    "employee": "the employee",
}
_PURPOSES = {
    "marketing": "so that they can write to you about products and offers",
    "service_reminders": "so that they can remind you of service",
    "warranty_recall": "so that they can reach you about warranty work and safety recalls",
    "market_reporting": "so that they can count deliveries",
}
CHANNEL_WORDS = {
    "everything": "everything",
    "email": "e-mail",
    "mail": "letters",
    "phone": "calls",
    "sms": "text messages",
}
NEVER = (
    "whether and how you paid or financed, loan or lease terms, amounts financed, credit decisions, your Social"
    " Security number, driver license, date of birth or bank accounts"
)


def notice(document: PolicyDocument) -> Iterator[tuple[str, str]]:
    """(heading, paragraph), in the order in which a customer asks."""
    fields = [field for dataset in document.datasets.values() for field in dataset.send.values()]
    yield "Who gets it", f"{document.recipient}, {_PURPOSES[document.purpose]}."
    you = _listed(_ABOUT_YOU, fields)
    vehicle = _listed(_ABOUT_VEHICLE, fields)
    if you:
        yield "About you", f"{you}."
    if vehicle:
        yield "About your vehicle", f"{vehicle}."
    if any(field.is_pseudonym for field in fields):
        yield "In place of our customer number", "a code made for them; our own number stays here."
    yield "Never", f"{NEVER}. {_how_sure(fields)}"
    yield "How long", _how_long(document)
    yield "How you say no", _say_no(document)
    yield "Questions", f"ask at the counter, or write to {document.owner}."


def _how_sure(fields: list[SentField]) -> str:
    if any(field.category == "free_text" for field in fields):
        return "Notes are searched for such things before they leave; a search can miss one."
    return "No employee can switch this on."


def _listed(words: dict[str, str], fields: list[SentField]) -> str:
    """Each kind of data once. A ZIP code cut short is said to be."""
    found = []
    for category, said in words.items():
        mine = [field for field in fields if field.category == category and not field.is_pseudonym]
        mine = [field for field in mine if field.transform is None or field.transform.name != "suppress"]
        kept = [field.transform.keep for field in mine if field.transform and field.transform.name == "keep_first"]
        if mine and len(kept) == len(mine):
            found.append(f"the first {max(kept)} characters of {said}")
        elif mine:
            found.append(said)
    return ", ".join(found)


def _how_long(document: PolicyDocument) -> str:
    may = document.recipient_may
    others = f"and may pass it on to {', '.join(may.pass_on_to)}" if may.pass_on_to else "and may not pass it on"
    return (
        f"we send it until {document.contract.expires_on} at the latest. They may keep it for"
        f" {may.keep_for_months} months {others}."
    )


def _say_no(document: PolicyDocument) -> str:
    if document.purpose == "warranty_recall":
        return "a recall is about your safety, so it reaches you even if you said no to advertising."
    channels = {channel for group in document.choices.values() for channel, _ in group.columns()}
    if not channels:
        return "nothing in it tells who you are, so there is nothing to say no to."
    named = ", ".join(said for channel, said in CHANNEL_WORDS.items() if channel in channels)
    rule = "We send it only if you said yes. " if document.regime == "opt_in" else ""
    return f"{rule}Tell anybody at the counter what you do not want: {named}. We stop, and tell them to stop."
