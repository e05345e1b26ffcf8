"""The classifier: could a column of this name hold nonpublic personal information?

Names, table, type, neighbors and catalog comments in; never a value. Forbidden comes from the floor (and from rules for
what opens a car), suspected from rules and from what nobody can know from outside; plain is the rest. Nothing here can
turn a floor name plain.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.core import name_opaque as opaque
from agent.core import name_plain as plain
from agent.core import name_rules as rules
from agent.core.floor import Floor, Verdict, exact_in, floor, speaks_of_deals
from agent.core.name_codes import understood
from agent.core.name_rules import Rule, Rules
from agent.core.names import Words, all_short, lead_of, prefix_of, read_coded, read_name, says_types, without_type


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SERVICE = _words(
    "ro service labor repair opcode op technician advisor appointment part warranty comeback promised dispatch "
)
_SERVICE_TABLE = _SERVICE | {"job", "recall", "inspection", "shop", "counter"}
_DEAL = _words(
    "apr finance lender payoff residual lease loan downpayment lienholder balloon reserve insurance gap "
    "msrp trade  deal term ssn income employer credit "
)
_APPLICATION = _words(
    "income employer employment occupation ssn dob rent mortgage landlord residence applicant cobuyer credit "
)
_COUNTED = _words("service visit count quantity unit sale volume close forecast budget goal actual hour ytd mtd qtr")
_TALLIED = _words("lead visit appointment call ro")  # nobody lends these
# In a service table these speak of a bill at the counter, not of a loan.
_COUNTER_WORDS = _words(
    "payment pay amount total made method type code date paid due balance customer internal warranty "
    "number id status line  receipt transaction promise deductible cash check card cp ip in full ro "
    "invoice repair order approval approved cause "
)
_WEAK_IN_SERVICE = _words("payment amount_financed receivable_balance finance_type credit down_payment rate insurance ")
_LONG_TEXT = re.compile(
    r"(?i)\b(n?clob|longtext|mediumtext|ntext|long(?! *(?:int|bin|raw))|memo)\b"
    r"|char[a-z ]*\(\s*(max|[5-9]\d\d|\d{4,})\s*\)"
)
_UNREADABLE = re.compile(
    r"(?i)\b(blob|bytea|binary|varbinary|image|xml|jsonb?|object|map|struct|variant|sql_variant|hstore|record|geometry)\b"
)
_VIN_TYPE = re.compile(r"(?i)char[a-z0-9 ]*\(\s*17\b")
_A_VIN = Words(words=("vin",), digits=(), odd=False, squashed="vin")
_COUNTED_FIELD = re.compile(
    r"(?:col|fld|flr|fllr|code|amt|num|numval|val|dte|cde|txt|chr|dec|int|str|flg|ext|fill|flag|sw|switch|attr|misc|opt|user|usr|"
    r"field|spare|aux|lookup|list|temp|tmp|dummy|test|kennz|kennzeichen|indicador|indicateur|bandera|drapeau|slot)"
    r"(?:[a-hxyz]?0*[0-9]{1,4}|[a-hxyz])"
)
_NUMBERS = re.compile(r"[0-9]+")
_CLAUSES = re.compile(r"[.;:,()\[\]\n/|]+")


@dataclass(frozen=True, slots=True)
class Context:
    """What a table's other columns tell: `kinds` of what they speak of, the letters all of them start with, and whether
    each starts with its type; `lead`: the word most of them start with; `squeezed`: names cut to a few letters."""

    kinds: frozenset[str] = frozenset()
    prefix: str = ""
    typed: bool = False
    lead: str = ""
    squeezed: bool = False


def classify(
    column: str, *, table: str = "", type: str = "", neighbors: Sequence[str] = (), comment: str = ""
) -> Verdict:
    """Floor first, then rules. `column` and `table` are bare names; `neighbors` the other columns of the table."""
    return _classified(column, table, type, _context(tuple(neighbors)), comment)


@functools.lru_cache(maxsize=4096)  # the same few hundred names are judged at each import and each reading
def _classified(column: str, table: str, type: str, context: Context, comment: str) -> Verdict:
    return classify_in(floor(), column, table, type, context, comment)


def classify_table(table: str, columns: Sequence[tuple[str, str, str]]) -> list[Verdict]:
    """All columns of one table, each with the others as neighbors. `columns`: name, type, comment."""
    context = context_of([name for name, _, _ in columns])
    return [classify_in(floor(), name, table, type, context, comment) for name, type, comment in columns]


def classify_in(lists: Floor, column: str, table: str, type: str, context: Context, comment: str) -> Verdict:
    """The same over given lists: the measurements leave names out."""
    bare = _bare(column, context)
    if bare == column and context.prefix and not context.prefix.endswith(("_", ".", "-")):
        stray = classify_in(lists, column, table, type, replace(context, prefix=""), comment)
        if stray.verdict != "plain" or len(column) < len(context.prefix) + 3:
            return stray
        bare = column[len(context.prefix) :]  # another table's stem: all of one system's have the same length
    found = exact_in(lists, column, table) or (exact_in(lists, bare, table) if bare != column else None)
    if found:
        return found
    name = read_coded(bare) if context.squeezed else read_name(bare)
    here = context.kinds | _table_context(lists, table)
    if "deals" in here and "service" not in here:
        category = lists.context_names.get(name.squashed)
        if category:
            return _suspected(lists, category, "an ordinary word, but its neighbors speak of deals or debts")
    if _VIN_TYPE.search(type) and name.words == ("finance",):
        return _plain(_A_VIN)  # FIN CHAR(17): what Germans call a VIN
    found = _held(lists, name) or _by_words(lists, name, here) or _led(bare, context)
    if found is None or found.category in ("opaque", "free_text"):
        found = _by_comment(lists, comment, here) or found  # the comment may say what the name hides
    return (
        found or _by_type("" if bare != column else type, name) or _not_understood(name, comment, here) or _plain(name)
    )


def _bare(column: str, context: Context) -> str:
    if context.typed:
        return without_type(column)
    column = column.strip()
    return column[len(context.prefix) :] if column.upper().startswith(context.prefix) else column


def _led(bare: str, context: Context) -> Verdict | None:
    """DEAL_FLAG_B where every column begins with DEAL: nobody knows what flag B is."""
    if not context.lead or not bare.lower().startswith(context.lead):
        return None
    name = read_name(bare[len(context.lead) :])
    if name.words and _opaque(name, frozenset(name.words)):
        return Verdict("suspected", "opaque", "dealer-defined or unnamed: nobody outside knows what is in it")
    return None


def context_of(neighbors: Sequence[str]) -> Context:
    return _context(tuple(neighbors))


@functools.lru_cache(maxsize=256)
def _context(neighbors: tuple[str, ...]) -> Context:
    """What the other columns speak of: `deals`, `service`, `application`. One word proves nothing, three do."""
    prefix = prefix_of(neighbors)
    typed = not prefix and says_types(neighbors)
    bare = [_bare(n, Context(prefix=prefix, typed=typed)) for n in neighbors]
    squeezed = bool(prefix) or all_short(neighbors)
    read = [read_coded(n) if squeezed else read_name(n) for n in bare]
    words = [set(name.words) for name in read]
    counts = {
        "deals": sum(1 for w in words if w & _DEAL),
        "service": sum(1 for w in words if w & _SERVICE),
        "application": sum(1 for w in words if w & _APPLICATION),
    }
    found = {kind for kind, count in counts.items() if count >= 3}
    if counts["service"] > counts["deals"]:
        found.discard("deals")
    elif counts["deals"] >= 3:
        found.discard("service")
    if counts["application"] * 4 < len(words):
        found.discard("application")
    return Context(frozenset(found), prefix, typed, lead_of(bare), squeezed)


def _table_context(lists: Floor, table: str) -> frozenset[str]:
    words = set(read_name(table).words) if table else set()
    found = {"deals"} if speaks_of_deals(lists, table) else set()
    if words & _SERVICE_TABLE:
        found.add("service")
    return frozenset(found)


def _held(lists: Floor, name: Words) -> Verdict | None:
    category = lists.hold.get(name.squashed) or lists.hold.get(_NUMBERS.sub("", name.squashed))
    return (
        Verdict("suspected", category, "on the hold list: opaque, dealer-defined or typed by people")
        if category
        else None
    )


def _by_words(lists: Floor, name: Words, here: frozenset[str]) -> Verdict | None:
    words = frozenset(name.words)
    # One of several: deferred down payments are collected on these days.
    if words >= {"pickup", "date"} and name.digits:
        return _suspected(lists, "down_payment", "one of several pick-up dates")
    secret = _first(rules.SECRETS, words)
    if secret:
        return Verdict("forbidden", "vehicle_secret", "opens or starts a car or an account: never leaves")
    text = _first(opaque.FREE_TEXT, words)
    nonpublic = _nonpublic(name, words, here)
    if nonpublic:
        return _suspected(lists, nonpublic, "its words speak of it")
    if text:
        return Verdict("suspected", "free_text", "typed by people: it can say anything")
    if name.odd:
        return Verdict("suspected", "opaque", "the name holds look-alike, invisible or foreign letters")
    if _opaque(name, words):
        return Verdict("suspected", "opaque", "dealer-defined or unnamed: nobody outside knows what is in it")
    return None


def _nonpublic(name: Words, words: frozenset[str], here: frozenset[str]) -> str | None:
    if _first(plain.CHOICE, words) or _first(plain.HARMLESS, words):
        return None
    if words & plain.STAFF and not words & {"ssn", "dob", "dln"}:
        return None
    if "apr" in words and not _april(name.words):
        return "rate"
    if words & {"over", "past"} and {"30", "60", "90", "120"} & set(name.digits):
        return "receivable_balance"
    found = _first(rules.NONPUBLIC, words)
    if found is None and "application" in here and words >= {"emp"}:
        return "income_employment"
    if found and "service" in here and found in _WEAK_IN_SERVICE and words <= _COUNTER_WORDS and words != {"balance"}:
        return None
    if found is None and "application" in here and words & {"previous", "marital", "relationship", "spouse"}:
        return "income_employment"
    if found is None and "application" in here and words == {"status"}:
        return "credit"
    return found


def _april(words: tuple[str, ...]) -> bool:
    """APR_SVC_COUNT and MAR_APR_MAY are months; APR, SELL_APR and APR_PCT are rates."""
    others = set(words) - {"apr"}
    return bool(others & (rules.MONTHS | _TALLIED)) or (words[0] == "apr" and bool(others & _COUNTED))


def _first(asked: Rules, words: frozenset[str]) -> str | None:
    for rule in asked.about(words):
        if all(words & group for group in rule.needs) and words.isdisjoint(rule.unless):
            if len(rule.needs) > 1 and not _distinct(rule, words):
                continue
            if not rule.alone or words - rule.needs[0] <= rules.FILLERS:
                return rule.category
    return None


def _distinct(rule: Rule, words: frozenset[str]) -> bool:
    """Two groups must be met by two words: `lease` alone is not lease and lease."""
    met = frozenset().union(*(words & group for group in rule.needs))
    return len(met) >= len(rule.needs)


def _opaque(name: Words, words: frozenset[str]) -> bool:
    if _first(opaque.OPAQUE, words):
        return True
    lone = frozenset(word for word in words if len(word) == 1)
    if (name.digits or lone) and words <= opaque.OPAQUE_WORDS | lone and (name.digits or words - lone):
        return True
    if name.squashed in opaque.OPAQUE_ALONE or _COUNTED_FIELD.fullmatch(name.squashed):
        return True
    # F17, ZZ_FLD3: no vowel anywhere and a number behind it.
    letters = name.squashed.rstrip("0123456789")
    return not letters or (len(letters) <= 2 and len(letters) != len(name.squashed)) or len(letters) == 1


def _not_understood(name: Words, comment: str, here: frozenset[str]) -> Verdict | None:
    """A name of which no word is known. A code, or a table that speaks of deals: then silence is no answer."""
    words = name.words
    if not words or understood(words) or (comment and understood(read_name(comment[:200]).words)):
        return None
    if "deals" in here or all(map(_code_like, words)):
        return Verdict(
            "suspected", "opaque", "no word of its name is known here: somebody who knows the system must say"
        )
    return None


def _code_like(word: str) -> bool:
    """PRWN, QXVB2: letters nobody says as a word."""
    runs = re.split("[aeiouy]+", word)
    return 2 < len(word) < 5 or (len(word) > 2 and (len(runs) == 1 or max(map(len, runs)) > 3))


def _by_comment(lists: Floor, comment: str, here: frozenset[str]) -> Verdict | None:
    """A catalog comment is prose: each clause of it is read like a name, and only the law's rules count."""
    for clause in _CLAUSES.split(comment[:2000]):
        for at in range(0, max(1, len(clause.split()) - 3), 2):
            name = read_name(" ".join(clause.split()[at : at + 6]))
            found = _nonpublic(name, frozenset(name.words), here)
            if found:
                return _suspected(lists, found, "the database's own comment on it speaks of it")
            if _first(opaque.OPAQUE, frozenset(name.words)):
                return Verdict("suspected", "opaque", "the database's own comment calls it dealer-defined")
    return None


def _by_type(type: str, name: Words) -> Verdict | None:
    if _UNREADABLE.search(type) and "url" not in name.words:
        return Verdict("suspected", "opaque", "its type can hold anything")
    if _LONG_TEXT.search(type) and not frozenset(name.words) & {
        "address",
        "email",
        "url",
        "name",
        "description",
        "vin",
    }:
        return Verdict("suspected", "free_text", "a long text column: it can say anything")
    return None


def _plain(name: Words) -> Verdict:
    words = frozenset(name.words)
    category = _first(plain.CHOICE, words) or _first(plain.PLAIN, words) or "other"
    fides = _FIDES.get(category, "")
    return Verdict("plain", category, "nothing in its name speaks of finance, credit or identity papers", fides)


def _suspected(lists: Floor, category: str, why: str) -> Verdict:
    rule = lists.rules.get(category, "")
    return Verdict("suspected", category, f"{why}: {rule}" if rule else why, lists.fides.get(category, ""))


_FIDES = {
    "email": "user.contact.email",
    "phone": "user.contact.phone_number",
    "address": "user.contact.address.street",
    "city": "user.contact.address.city",
    "region": "user.contact.address.state",
    "postal_code": "user.contact.address.postal_code",
    "name": "user.name",
    "language": "user.demographic.language",
    "customer_id": "user.unique_id",
    "vin": "user.government_id.vehicle_registration",
}
