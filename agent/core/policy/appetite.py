"""What a recipient asks for more, or less, than in its request before: the growing appetite, field by field."""

from __future__ import annotations

from dataclasses import dataclass

from agent.core.policy.request import Request, RequestedField


@dataclass(frozen=True, slots=True)
class Appetite:
    """`changed`: (field, what it was and is now). `hungrier`: whether any of it asks for more."""

    asked: tuple[RequestedField, ...]
    dropped: tuple[RequestedField, ...]
    changed: tuple[tuple[str, str], ...]
    hungrier: bool


def appetite(old: Request, new: Request) -> Appetite:
    before = {field.name: field for field in old.fields}
    after = {field.name: field for field in new.fields}
    asked = tuple(field for name, field in after.items() if name not in before)
    dropped = tuple(field for name, field in before.items() if name not in after)
    both = [(before[name], after[name]) for name in after if name in before]
    changed = tuple((new.name, said) for old, new in both for said in _changes(old, new))
    more = any(_asks_more(old, new) for old, new in both)
    return Appetite(asked, dropped, changed, bool(asked) or more)


def _changes(old: RequestedField, new: RequestedField) -> list[str]:
    found = []
    if old.need != new.need:
        found.append(f"{new.need}, was {old.need}")
    if old.purpose != new.purpose:
        found.append(f"for {new.purpose.replace('_', ' ')}, was for {old.purpose.replace('_', ' ')}")
    if old.type != new.type:
        found.append(f"{_type(new)}, was {_type(old)}")
    if old.meaning != new.meaning:
        found.append(f"means: {new.meaning}; meant: {old.meaning}")
    return found


def _asks_more(old: RequestedField, new: RequestedField) -> bool:
    """Anything but the same thing, smaller or less urgent: another meaning or purpose is another field."""
    urgent = (old.need, new.need) == ("wanted", "required")
    larger = old.type.name != new.type.name or (new.type.size, new.type.scale) > (old.type.size, old.type.scale)
    return urgent or larger or (old.purpose, old.meaning) != (new.purpose, new.meaning)


def _type(field: RequestedField) -> str:
    kind = field.type
    if kind.name == "decimal":
        return f"decimal {kind.size}.{kind.scale}"
    return f"{kind.name} {kind.size}" if kind.size else kind.name
