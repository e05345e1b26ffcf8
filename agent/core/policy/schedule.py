"""Schedule A of the contract, out of a signed answer and nothing else: what is provided, what is not and why, what
never, and on what terms. Plain text in 80 columns, to be printed and stapled; the signed file is what counts.
"""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Iterator

from agent.core.policy.answer import Answer, AnswerField, payload_of
from agent.core.text import shown

_WIDTH = 80


def schedule_a(answer: Answer, signed_by: str) -> str:
    """The text; every fact of it stands in the answer."""
    return "\n".join(_lines(answer, signed_by)) + "\n"


def answer_sha256(answer: Answer) -> str:
    """Of exactly what was signed."""
    return "sha256:" + hashlib.sha256(payload_of(answer)).hexdigest()


def _lines(answer: Answer, signed_by: str) -> Iterator[str]:
    counts = answer.counts
    yield "SCHEDULE A"
    yield f"Data provided to {shown(answer.recipient)}"
    yield ""
    yield from _wrapped("Asked    ", f"{answer.recipient}/{answer.request}, {counts['asked']} fields")
    yield f"         {answer.request_sha256}"
    word = f"signed by its key {answer.request_signed_by}" if answer.request_signed_by else "not signed"
    yield from _wrapped("         ", word)
    yield from _wrapped("Answered ", f"on {answer.answered_at:%Y-%m-%d}, signed by {signed_by}")
    yield f"         {answer_sha256(answer)}"
    if answer.single_officer:
        yield "         this dealer has one officer alone: nobody else has approved"
    yield ""
    for title, standing in (
        ("1. Provided", "sent"),
        ("2. Not provided, by the dealer's decision", "declined"),
        ("3. Never provided: nonpublic personal information", "never"),
    ):
        mine = [field for field in answer.fields if field.standing == standing]
        required = sum(field.need == "required" for field in mine)
        yield f"{title}"
        yield f"   {len(mine)} of {counts['asked']} fields, {required} of them asked for as required"
        for field in mine:
            yield from _field(field)
        yield ""
    yield "4. Terms"
    yield from _terms(answer)


def _field(field: AnswerField) -> Iterator[str]:
    purpose = field.purpose.replace("_", " ")
    yield from _wrapped(f"   {field.name:<28} ", f"{field.meaning}, for {purpose}")
    if field.standing == "sent":
        yield from _wrapped(" " * 32, f"in {', '.join(field.datasets)}")
    else:
        rule = f" (rule {field.rule})" if field.rule else ""
        yield from _wrapped(" " * 32, f"{field.reason}{rule}")


def _terms(answer: Answer) -> Iterator[str]:
    for by in answer.policies:
        yield from _wrapped("   ", f"Policy {by.policy}, version {by.version}, for {by.purpose.replace('_', ' ')}")
        yield f"     {by.sha256}"
        passed = f"may pass it on to {', '.join(by.pass_on_to)}" if by.pass_on_to else "may not pass it on"
        yield from _wrapped("     ", f"contract {by.contract}, until {by.ends_on}")
        yield from _wrapped("     ", f"{answer.recipient} may keep it for {by.keep_for_months} months and {passed}")
        yes = by.regime == "opt_in"
        said = "only of people who have said yes" if yes else "not of people who have said no"
        yield from _wrapped("     ", f"{said}; a later no is told with the next batch and must be honored")
    yield from _wrapped("   ", "Nothing but the fields of part 1 is provided. Their form stands in the signed answer.")


def _wrapped(head: str, text: str) -> Iterator[str]:
    lines = textwrap.wrap(shown(text, 800), _WIDTH - len(head), break_on_hyphens=False)
    for number, line in enumerate(lines or [""]):
        yield ((head if number == 0 else " " * len(head)) + line).rstrip()
