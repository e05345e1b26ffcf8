"""Made-up rows for a preview: what a dataset would look like, without any database. Nobody in them exists.

Deterministic; every seventh person has refused everything, so that withholding shows too.
"""

from __future__ import annotations

from agent.core.query import CompiledQuery
from agent.core.ruleset import DatasetRules, FieldRules, Ref

_REFUSES_EVERY = 7
_NAMES = ("Pat", "Sam", "Alex", "Kim", "Lee", "Robin", "Jo")
_BY_CATEGORY = {
    "email": "{name}.{n}@mail.example",
    "phone": "404-555-01{nn}",
    "address": "{n} Example Street",
    "city": "Exampleton",
    "region": "GA",
    "postal_code": "303{nn}",
    "language": "en",
    "vin": "1EXMP0000000000{nn}",
    "vehicle": "Example {n}",
    "store": "01",
    "employee": "E{nn}",
    "service": "Oil change",
    "part": "EX-{nn}",
    "appointment": "A{nn}",
    "status": "A",
    "free_text": "Synthetic text {n}",
}


def synthetic_rows(rules: DatasetRules, query: CompiledQuery, count: int) -> list[tuple[object, ...]]:
    """Rows as the query would give them, every cell a text."""
    return [tuple(_cell(rules, ref, n) for ref in query.select) for n in range(1, count + 1)]


def _cell(rules: DatasetRules, ref: Ref, n: int) -> str:
    choice = _choice(rules, ref, n)
    if choice is not None:
        return choice
    field = next((field for field in rules.fields if field.ref == ref), None)
    if field is None or field.transform.name == "pseudonymize":
        return str(1000 + n)
    return _value(field, n)


def _choice(rules: DatasetRules, ref: Ref, n: int) -> str | None:
    for person in rules.people:
        of = person.choices
        if of and (ref.of == f"choices:{person.name}" or (not ref.of and of.table == rules.table)):
            for column in of.columns:
                if column.column == ref.column:
                    no = column.channel == "everything" and n % _REFUSES_EVERY == 0
                    return (column.refused if no else column.allowed or ("",))[0]
    return None


def _value(field: FieldRules, n: int) -> str:
    kind, name = field.type.name, _NAMES[n % len(_NAMES)]
    match kind:
        case "integer":
            return str(2018 + n % 8 if field.category == "vehicle" else 1000 + 137 * n)
        case "decimal":
            return f"{10 + n}.50" if field.type.scale >= 2 else str(n % 10)
        case "date":
            return f"2026-01-{1 + n % 28:02d}"
        case "timestamp":
            return f"2026-01-{1 + n % 28:02d} 09:30:00"
        case "boolean":
            return str(n % 2)
    text = name if field.category == "name" else _BY_CATEGORY.get(field.category, "Example {n}")
    text = text.format(name=name.lower(), n=n, nn=f"{n % 100:02d}")
    return f"{text}{field.type.split}{text}" if kind == "list of text" else text[: field.type.size or None]
