"""Nothing nonpublic may be sent, read on the way, selected by, or promised by a name; nor what the database lacks.

The floor and the classifier judge; this module only knows where in a policy a name stands and what that means.
"""

from __future__ import annotations

from agent.core.classify import classify
from agent.core.floor import Verdict, is_finance_table
from agent.core.lineage import verdicts
from agent.core.names import read_name
from agent.core.policy.desk import Desk, bare_name
from agent.core.policy.document import Comparison, Exists, Named, columns_named, split_table, tables_named
from agent.core.policy.schema_errors import nearest
from agent.core.policy.strict_yaml import Path
from agent.core.ruleset import Table

_NEVER = "remove it: no approval, transform or decision can allow this; the answer to whoever asked is 'never'"
_DECIDE = "officers may allow exactly this column with a signed reason: fieldgate decide reclassify"
_ROLES = {
    "key": "a key column",
    "store": "the store column",
    "changes": "the column of changes",
    "person": "a person's key",
    "join": "a join",
    "choice": "a choice column",
}
# Words of a column name that say it reaches or names a person.
_CONTACT_WORDS = frozenset(
    (
        "email",
        "phone",
        "cell",
        "mobile",
        "fax",
        "address",
        "street",
        "firstname",
        "lastname",
        "fname",
        "lname",
        "fullname",
        "surname",
        "zip",
        "postal",
        "city",
    )
)
_PERSON_WORDS = frozenset(("customer", "buyer", "owner", "person", "contact", "driver", "consumer", "guest"))
# What a person is, however many there are of the kind: a list picked by it tells it of each of them.
_TRAIT_WORDS = frozenset(
    ("gender", "sex", "race", "ethnicity", "ethnic", "religion", "marital", "nationality", "citizenship", "age")
)
_CONTACT_CATEGORIES = frozenset(("name", "email", "phone", "address", "city", "region", "postal_code"))
_ADDRESS_WORDS = frozenset(("address", "street"))
_MUST_MATCH = {
    "email": ("email",),
    "phone": ("phone",),
    "address": ("address",),
    "postal_code": ("postal_code",),
    "city": ("city",),
    "customer_id": ("customer_id", "record_id"),
    "money": ("money",),
}
_SINGLE_CATEGORIES = frozenset(("customer_id", "record_id", "vin"))
# Numbers that stand for one thing or paper each, and values that hardly two rows share.
_SINGLE_WORDS = frozenset(("plate", "tag", "serial", "stock", "deal", "invoice", "loyalty", "member", "chassis"))
_SELDOM_EQUAL = frozenset(("odometer", "date"))
_PICKS_ONE = ("is", "is_one_of")


def check_names(desk: Desk) -> None:
    _tables(desk)
    for named in columns_named(desk.document):
        _column(desk, named)
        _is_there(desk, named)
        _behind(desk, named)
    _output_names(desk)
    _conditions(desk)


def _tables(desk: Desk) -> None:
    for path, table in tables_named(desk.document):
        named = split_table(table)
        if named is None:
            desk.say("P032", f"`{table}` is not a table name", path, "write schema.table, for example dbo.CUSTOMER")
        elif is_finance_table(named.name) or is_finance_table(named.schema):
            desk.say("P021", f"`{table}` is a finance table: being in it is nonpublic", path, _NEVER)
        elif desk.facts.inventory is not None and desk.inventory_table(table) is None:
            known = tuple(f"{t.schema}.{t.name}" if t.schema else t.name for t in desk.facts.inventory.tables)
            near = nearest(table, known)
            help_ = f"nearest: {near}" if near else "names are compared exactly; see fieldgate discover"
            desk.say("P030", f"table `{table}` is not in the database", path, help_)


def _column(desk: Desk, named: Named) -> None:
    verdict = desk.verdict(named.table, named.column)
    if is_finance_table(bare_name(named.table)):
        return  # said once, at the table
    if named.role == "send":
        _category_fits(desk, named, verdict)
    if verdict.verdict == "plain" and not _always_decided(desk, named):
        return
    if verdict.verdict != "forbidden" and desk.is_decided(named.table, named.column):
        return
    said = f"`{named.column}`: {verdict.reason}"
    way_out = _NEVER if verdict.verdict == "forbidden" else _DECIDE
    if named.role == "filter":
        desk.say("P024", f"a list picked by {said}", named.path, _filter_help(verdict))
    elif named.role != "send":
        desk.say(
            "P027",
            f"{_ROLES[named.role]} cannot be {said}",
            named.path,
            way_out,
            at="key" if named.role == "join" else "value",
        )
    elif verdict.verdict == "forbidden":
        desk.say("P020", f"nonpublic: {said}", named.path, way_out)
    elif _category(desk, named) == "money":
        desk.say("P025", f"`{named.column}` is an amount of money", named.path, way_out)
    else:
        desk.say("P023", f"needs a decision: {_reason(named, verdict)}", named.path, way_out)


def _category_fits(desk: Desk, named: Named, verdict: Verdict) -> None:
    """A wrong category would slip past a choice, a pseudonym or a decision."""
    declared, seen = _category(desk, named), verdict.category
    if seen == "address" and _ADDRESS_WORDS.isdisjoint(read_name(named.column).words):
        return  # a line number is no address line
    if verdict.verdict == "plain" and seen in _MUST_MATCH and declared not in _MUST_MATCH[seen]:
        path = (*named.path[:4], "category")
        wanted = " or ".join(_MUST_MATCH[seen])
        desk.say("P033", f"`{named.column}` looks like {seen}, not {declared}", path, f"write `category: {wanted}`")


def _filter_help(verdict: Verdict) -> str:
    if verdict.verdict == "forbidden":
        return "remove the condition: whoever is on the list would be known to meet it, and no approval can allow that"
    return _DECIDE


def _category(desk: Desk, named: Named) -> str:
    return desk.document.datasets[str(named.path[1])].send[str(named.path[3])].category


def _always_decided(desk: Desk, named: Named) -> bool:
    return named.role == "send" and _category(desk, named) in ("money", "free_text")


def _reason(named: Named, verdict: Verdict) -> str:
    if verdict.verdict == "plain":
        return f"`{named.column}` is free text, in which people type anything"
    return f"`{named.column}`: {verdict.reason}"


def _is_there(desk: Desk, named: Named) -> None:
    table = desk.inventory_table(named.table)
    if "." in named.column and named.role in ("send", "person", "filter"):
        return  # a join that is not declared is said elsewhere
    if table is None or any(c.name == named.column for c in table.columns):
        return
    near = nearest(named.column, tuple(c.name for c in table.columns))
    help_ = f"nearest: {near}" if near else "names are compared exactly; see fieldgate discover"
    desk.say("P031", f"column `{named.column}` is not in `{named.table}`", named.path, help_)


def _behind(desk: Desk, named: Named) -> None:
    """A view or a generated column is judged by what it comes from; a plain column was judged by its name."""
    table = desk.inventory_table(named.table)
    column = next((c for c in table.columns if c.name == named.column), None) if table else None
    if (
        table is None
        or column is None
        or desk.facts.inventory is None
        or not (table.kind == "view" or column.generated)
    ):
        return
    found = next(
        (p for p in verdicts(Table(table.schema, table.name), column.name, desk.facts.inventory) if p.refuses), None
    )
    if found is not None:
        said = f"`{named.column}` of `{named.table}` comes from `{found.place}`: {found.reason}"
        desk.say("P034", said, named.path, _NEVER)


def _output_names(desk: Desk) -> None:
    for dataset_name, dataset in desk.document.datasets.items():
        _output_name(desk, dataset_name, ("datasets", dataset_name), column_is_plain=True)
        if is_finance_table(dataset_name):
            message = f"a dataset called `{dataset_name}` says that its people have a loan or lease"
            desk.say(
                "P022", message, ("datasets", dataset_name), "choose a name that says nothing about financing", at="key"
            )
        told = {n.path[:4] for n in columns_named(desk.document) if n.role == "send" and not _is_plain(desk, n)}
        for name in dataset.send:
            path: Path = ("datasets", dataset_name, "send", name)
            _output_name(desk, name, path, column_is_plain=path not in told)


def _is_plain(desk: Desk, named: Named) -> bool:
    return desk.verdict(named.table, named.column).verdict == "plain" and not _always_decided(desk, named)


def _output_name(desk: Desk, name: str, path: Path, *, column_is_plain: bool) -> None:
    """A doubtful name is a promise only over a harmless column; over a doubtful one, the column is what is decided."""
    verdict = classify(name)
    if verdict.verdict == "forbidden" or (verdict.verdict == "suspected" and column_is_plain):
        message = f"the name `{name}` promises something nonpublic: {verdict.reason}"
        desk.say("P022", message, path, "remove the field, or give it a name that says what it is", at="key")


def _conditions(desk: Desk) -> None:
    for name, dataset in desk.document.datasets.items():
        for i, condition in enumerate(dataset.from_.only_where):
            at: Path = ("datasets", name, "from", "only_where", i)
            if isinstance(condition, Exists):
                for j, test in enumerate(condition.and_):
                    _condition(desk, condition.exists, test, test.column, (*at, "and", j, "column"))
            else:
                of = {join.as_: join.table for join in dataset.from_.joins}
                alias, _, column = condition.column.rpartition(".")
                table = of.get(alias, dataset.from_.table)
                _condition(desk, table, condition, column if alias in of else condition.column, (*at, "column"))


def _condition(desk: Desk, table: str, test: Comparison, column: str, path: Path) -> None:
    categories = _sent_as(desk, table).get(column, frozenset())
    words = frozenset(read_name(column).words)
    if _is_contact(words) or not categories.isdisjoint(_CONTACT_CATEGORIES):
        message = f"`{column}` is contact data: a condition on it picks people by who they are"
        desk.say("P028", message, path, "remove the condition; send the field if the purpose allows it")
    elif not words.isdisjoint(_TRAIT_WORDS):
        message = f"`{column}` says what a person is: a condition on it picks people by who they are"
        desk.say("P028", message, path, "remove the condition: whoever is on the list would be known to be that")
    elif any(name in _PICKS_ONE for name, _ in test.tests()):
        _few(desk, table, column, words, categories, path)


def _few(desk: Desk, table: str, column: str, words: frozenset[str], categories: frozenset[str], path: Path) -> None:
    """An exact value of something that stands for one person, vehicle or paper, or that few rows share."""
    seen = categories | {desk.verdict(table, column).category}
    numbered = not words.isdisjoint(_SINGLE_WORDS) and not seen.isdisjoint({"record_id", "vehicle"})
    known = not categories.isdisjoint(_SINGLE_CATEGORIES) or not seen.isdisjoint({"customer_id", "vin"})
    if known or numbered or column in _keys_of(desk, table):
        message = f"a condition on `{column}` picks single people or records"
        desk.say("P029", message, path, "choose by what things are, not by which one: a make, a model year, a date")
    elif not seen.isdisjoint(_SELDOM_EQUAL):
        message = f"an exact value of `{column}` picks few people"
        desk.say("P029", message, path, "choose a range: `after:` a day, `within_months:`, or no condition at all")


def _sent_as(desk: Desk, table: str) -> dict[str, frozenset[str]]:
    """Column of the table -> the categories it is sent as, anywhere in this policy."""
    found: dict[str, frozenset[str]] = {}
    for named in columns_named(desk.document):
        if named.role == "send" and named.table == table:
            found[named.column] = found.get(named.column, frozenset()) | {_category(desk, named)}
    return found


def _keys_of(desk: Desk, table: str) -> frozenset[str]:
    names = (n for n in columns_named(desk.document) if n.table == table and n.role in ("key", "person"))
    return frozenset(n.column for n in names)


def _is_contact(words: frozenset[str]) -> bool:
    of_a_person = "name" in words and not words.isdisjoint(_PERSON_WORDS)
    return of_a_person or not _CONTACT_WORDS.isdisjoint(words)
