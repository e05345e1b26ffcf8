"""What the words of a text say together: evidence added up, for texts in which no pattern finds its phrase.

Every word, shape of a number and pair of neighbors has a weight (`screen_weights.json`, made from labeled texts by
`python -m tests.weigh_screen`); one sum over the text decides. It promises the same answer everywhere, being whole
numbers added; it refuses to say where: a sum has no place, so the whole text is the finding.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agent.core.packaged import Packaged
from agent.core.screen_named import is_an_address

WEIGHTS_SHA256 = "sha256:7003f3dbd9e888938183525c5376794a406f603b8e4eb1cd5e8b4d8a0d9e9c67"
WEIGHTS = Packaged("screen_weights.json", WEIGHTS_SHA256, "weights_changed", "the list by which texts are screened")

_MASKED = re.compile(r"[^\s\[]{0,40}\s{0,3}\[withheld\]")  # what stood there is gone, and so is the word that named it
_FEWEST = 4  # words: shorter texts are names and codes, which the patterns judge
_LONGEST = 60  # words a window: a long letter is not nonpublic for being long
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_TOKEN = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?|[a-z']+|[$%/:=?@#]")
_TERMS = frozenset(str(n) for n in (18, 24, 30, 36, 39, 42, 48, 54, 60, 61, 63, 64, 66, 67, 72, 73, 75, 76, 78, 84, 96))
_SENTENCES = re.compile(r"[.;!?]\s")
_SOFT = re.compile(r"[aeiouy']")
_TWICE = re.compile(r"(.)\1+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_STEM = 5
# Words that stand for each other, so that a phrase learned with one holds with all.
_CLASSES = """
who: he she they him her them his hers theirs their cust customer client buyer wife husband spouse mom dad mother father
  son daughter sister brother guy lady couple folks cliente clienta el ella ellos elle il ils lui leur su sus sa ses
me: i we me us my our mine im i'm i've ive i'd we're yo mi mis nos je j'ai mon ma mes moi nous notre
month: month months mo mos mth mths mnth monthly mthly mensual mensuales mois mensuel mensuelle mes meses
year: year years yr yrs ano anos an ans
week: week weeks wk wks weekly biweekly biwk biwkly semana semanas quincena quincenal catorcena semaine semaines
bank: bank banks lender lenders banco bancos banque banques caisse cooperativa financiera preteur cu fcu captive ally
  chase santander westlake exeter capone gmf tfs ahfc nmac wells desjardins scotia scotiabank rbc bmo td pnc bofa
car: car cars truck suv van vehicle vehicule vehiculo jeep carro coche auto troca camioneta voiture char camion unit
  civic camry accord corolla silverado ram tahoe rogue equinox explorer rav tacoma altima sentra escape tucson
pay: payment payments pmt pmts pymt pymts paymt paymnt pago pagos paiement paiements versement versements mensualidad
  mensualidades mensualite mensualites installment installments cuota cuotas letra letras
pays: pay pays paying paid paga pagar pagan pagando pague pago paye payer payes payons payait
owes: owe owes owed owing debe deben debo debemos doit dois doivent
date: jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august september
  october november december enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
  janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre mon tue wed thu fri sat sun
  monday tuesday wednesday thursday friday saturday sunday lunes martes miercoles jueves viernes sabado domingo lundi
  mardi mercredi jeudi vendredi samedi dimanche tomorrow manana demain
a: the a an los las un una le les une des du de del of la
"""
_EVERYWHERE = frozenset({"@who", "@me", "@a", "@date", "@car"})
_TELLING = 16  # a word's weight that makes a text without a sentence worth the sum
_SHORT = 1  # letters
_PEOPLE = frozenset(
    {"ally", "chase", "wells", "mark", "grant", "bill", "rich", "cash", "penny"}
)  # the patterns know them
_SENTENCE = """
the is to for with and not she he they her his their him them we my you it if but was has have had wants want needs need
would from by be are so at up out que con por para pero se est pas pour avec qui veut elle il quiere tiene esta
"""


@dataclass(frozen=True, slots=True)
class Weights:
    """`each`: what a sign adds; `kind`: which category it speaks for; `enough`: the sum from which a text is held."""

    each: Mapping[str, int]
    kind: Mapping[str, str]
    enough: int


@functools.cache
def weights() -> Weights:
    """The list, read once."""
    data = WEIGHTS.read()
    each = {sign: weight for kind in data["signs"].values() for sign, weight in kind.items()}
    kinds = {sign: name for name, kind in data["signs"].items() for sign in kind}
    return Weights(each, kinds, data["enough"])


def weighed(text: str) -> str:
    """The category of a text whose words together say something nonpublic; empty where they do not. Normalized text."""
    if is_an_address(text):
        return ""
    known = weights()
    for words in _passages(_MASKED.sub(" ", text)):
        found = set(signs(words))
        if sum(known.each.get(sign, 0) for sign in found) + known.each[""] >= known.enough:
            return _loudest(known, found)
    return ""


def _passages(text: str) -> Iterator[list[str]]:
    """The text as a whole and each sentence alone: a hint drowns in a long text about tires."""
    sentences = _SENTENCES.split(text)
    for piece, fewest in ((text, _FEWEST), *((sentence, _FEWEST + 1) for sentence in sentences if len(sentences) > 1)):
        words = words_of(piece)
        if len(words) >= fewest:
            for at in range(0, max(1, len(words) - _LONGEST // 2), _LONGEST // 2):
                yield words[at : at + _LONGEST]


def _loudest(known: Weights, found: set[str]) -> str:
    votes: Counter[str] = Counter()
    for sign in sorted(found & known.each.keys()):
        if known.each[sign] > 0:
            votes[known.kind[sign]] += known.each[sign]
    return votes.most_common(1)[0][0] if votes else "finance"


def words_of(text: str) -> list[str]:
    """Lower-case words, shapes of numbers (`#3`, `#term`, `#cash`) and the few marks that mean something."""
    plain = _HUMP.sub(" ", text).lower().replace("_", " ")
    return [_shape(word) if word[0].isdigit() else word for word in _TOKEN.findall(plain)]


def _shape(number: str) -> str:
    whole, point, part = number.replace(",", "").partition(".")
    if number in _TERMS:
        return "#term"
    if point:
        return "#cash" if len(part) == 2 and len(whole) > 2 else f"#dec{len(part)}" if len(whole) < 3 else "#dec"
    return "#year" if _YEAR.fullmatch(number) else f"#{min(len(whole), 9)}"


def signs(words: list[str]) -> Iterator[str]:
    """Everything about the words that may carry a weight: each, its class, stem and skeleton, and pairs near by."""
    meant = [_class_of().get(word, word) for word in words]
    for at, word in enumerate(words):
        yield meant[at]
        if meant[at] != word:
            yield word
        if len(word) > _STEM + 1:
            yield word[:_STEM] + "*"
        if len(word) > _SHORT + 1 and word.isalpha():
            yield f"~{_skeleton(word)}"
        for near in range(at + 1, min(at + 5, len(words))):
            yield f"{meant[at]}{'+' if near == at + 1 else '..'}{meant[near]}"


@functools.lru_cache(maxsize=8192)
def _skeleton(word: str) -> str:
    """What is left when people type in haste: rsrv of reserve, prmsd of promised, ltr of letter."""
    return _TWICE.sub(r"\1", word[0] + _SOFT.sub("", word[1:]))


@functools.cache
def worth() -> str:
    """Which texts are worth the sum, as a pattern. Names, addresses and codes hold none of these words."""
    known, classes = weights().each, _class_of()
    telling = {word for word in known.keys() | classes.keys() if known.get(word, 0) >= _TELLING and word.isalpha()}
    telling |= {word for word, name in classes.items() if name not in _EVERYWHERE and known.get(name, 0) >= _TELLING}
    names = {word for word, name in classes.items() if name in _EVERYWHERE} | _PEOPLE
    words = sorted({word for word in telling - names if len(word) > _SHORT} | set(_SENTENCE.split()))
    return rf"\b(?:{'|'.join(words)})\b"


@functools.cache
def _class_of() -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in _CLASSES.replace("\n  ", " ").strip().splitlines():
        name, _, words = entry.partition(": ")
        found |= {word: f"@{name}" for word in words.split() if word not in found}
    return found
