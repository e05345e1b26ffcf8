"""A purpose's template read as a list of wishes, so that one code drafts for a request and for a template.

A draft made from it grants what the template names and nothing else; the template's own FILL_INs are forgotten.
"""

from __future__ import annotations

import datetime as dt

from agent.core.policy.reader import Draft
from agent.core.policy.request import Request, RequestedField
from agent.core.ruleset import FieldType

_KEY = FieldType("text", 64)  # pseudonyms need none; a draft does not write it


def wishes_of(template: Draft) -> Request:
    """What the template would send, as a request nobody made: it has no name, so no draft cites it."""
    document = template.document
    fields = {
        name: RequestedField(name, name.replace("_", " "), field.type or _KEY, "wanted", document.purpose)
        for dataset in document.datasets.values()
        for name, field in dataset.send.items()
    }
    return Request("", document.recipient, document.title, dt.date.min, tuple(fields.values()), template.sha256)
