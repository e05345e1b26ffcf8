"""What a policy lets leave, in plain words: shown to an officer before she signs. Everything that widens is said aloud;
names come from a file and are foreign text.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from agent.core.policy.document import Dataset, PolicyDocument, SentField
from agent.core.text import shown

_WIDTH = 80


def in_words(document: PolicyDocument) -> tuple[str, ...]:
    """Lines of at most 80 columns."""
    return tuple(_lines(document))


def _lines(document: PolicyDocument) -> Iterator[str]:
    sent = sum(len(dataset.send) for dataset in document.datasets.values())
    yield f"{shown(document.policy)} version {document.version}: {shown(document.title)}"[:_WIDTH]
    yield from _wrapped("to", shown(document.recipient))
    yield from _wrapped("for", document.purpose.replace("_", " "))
    yield from _wrapped("until", f"{document.contract.expires_on}, contract {shown(document.contract.id)}")
    yield from _wrapped("stores", ", ".join(shown(store) for store in document.stores))
    yield from _wrapped("they may", _may(document))
    yield from _wrapped("customers", _regime(document))
    for name, group in document.choices.items():
        unknown = [channel for channel, choice in group.columns() if choice.unknown == "send"]
        if unknown:
            yield from _wrapped("", f"{shown(name)}: a blank code for {', '.join(unknown)} counts as yes")
    yield f"WOULD BE SENT   {sent} fields in {len(document.datasets)} datasets"
    for name, dataset in document.datasets.items():
        yield from _dataset(name, dataset)
    if document.declined:
        yield from _wrapped("NOT SENT, though asked for:", ", ".join(shown(name) for name in document.declined))


def _dataset(name: str, dataset: Dataset) -> Iterator[str]:
    yield from _wrapped(f"{shown(name)}:", shown(dataset.about))
    yield from _wrapped("   ", ", ".join(_field(field, sent) for field, sent in dataset.send.items()))
    for field, sent in dataset.send.items():
        if sent.why:
            yield from _wrapped("    !", f"{shown(field)}: {shown(sent.why)}")


def _field(name: str, sent: SentField) -> str:
    """The name, and what happens to the value where it does not leave as it is."""
    if sent.is_pseudonym:
        told = "pseudonym" if sent.scope == "stream" else "pseudonym that joins all streams of this recipient"
        return f"{shown(name)} ({told})"
    if sent.category == "free_text":
        return f"{shown(name)} (FREE TEXT)"
    if sent.transform is None or sent.transform.name == "pass":
        return shown(name)
    if sent.transform.name == "keep_first":
        return f"{shown(name)} (first {sent.transform.keep} characters)"
    return f"{shown(name)} ({sent.transform.name})"


def _may(document: PolicyDocument) -> str:
    passed = ", ".join(shown(name) for name in document.recipient_may.pass_on_to) or "nobody"
    return f"keep it for {document.recipient_may.keep_for_months} months, pass it on to {passed}"


def _regime(document: PolicyDocument) -> str:
    if document.regime == "opt_in":
        return "sent only on a recorded yes"
    return "sent unless they refused"


def _wrapped(label: str, text: str) -> list[str]:
    head = f"  {label:<10}" if len(label) <= 10 else f"  {label} "
    return textwrap.wrap(
        text, _WIDTH, initial_indent=head, subsequent_indent=" " * 12, break_long_words=True, break_on_hyphens=False
    )
