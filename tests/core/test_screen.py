"""The screen: corpora within their bounds, the same verdict from both engines, and the ways people hide a number."""

from __future__ import annotations

import random
import re
import time

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core import screen_checks as checks
from agent.core.screen import judge, mask_spans, screen_text, screen_values
from agent.core.screen_normal import normal, normal_text
from agent.core.screen_rules import Re2Engine, StandardEngine, engine, patterns
from agent.core.screen_spoken import spoken
from tests.corpus.make_corpus import texts as made
from tests.measure_screen import corpus, fresh, later, other_hand, rates

CORPUS = corpus()


def test_the_corpus_is_large_labeled_and_still_what_its_grammar_makes() -> None:
    assert len(CORPUS) >= 500
    assert [(t.text, t.npi, t.unseen) for t in CORPUS] == [(r["text"], r["npi"], r["unseen"]) for r in made()]


@pytest.mark.parametrize("unseen", [False, True])
def test_the_frozen_corpus_stays_within_the_bounds(unseen: bool) -> None:
    caught, harmed = rates([t for t in CORPUS if t.unseen == unseen])
    assert caught > 97
    assert harmed < 2


@pytest.mark.parametrize("name", list(later()))
def test_later_sets_stay_within_the_bounds(name: str) -> None:
    caught, harmed = rates(later()[name])
    assert caught > 97
    assert harmed < 6


@pytest.mark.parametrize("name", ["texts_a", "texts_b", "extra_a", "third_a", "third_b", "hard_a", *fresh()])
def test_unseen_sets_and_those_by_another_hand_stay_within_the_bounds_of_the_house(name: str) -> None:
    caught, harmed = rates((other_hand() | fresh())[name])
    assert caught > 92
    assert harmed < 5


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("social: four one nine, then 33, then seven one oh two", "ssn_tin"),
        ("they'll loan her up to thirty two thousand", "amount_financed"),
        ("Soc N0: 4O7-61-22O8", "ssn_tin"),
        ("INC0ME $3,1OO M0NTHLY", "income_employment"),
        ("birth_date=1966-12-09", "dob"),
        ("PRIN_BAL 0001884402", "amount_financed"),
        ("CDWN:3500;REB:1000", "down_payment"),
        ("a five-ninety beacon", "credit"),
        ("cut from seventy-two to sixty months", "term"),
        ("they bought it at nine and change", "rate"),
        ("cuatrocientos cincuenta al mes", "payment"),
        ("soixante-douze mois", "term"),
    ],
)
def test_spoken_scanned_and_pasted_values_are_read(text: str, category: str) -> None:
    found = screen_text(text)
    assert category in {span[2] for span in found.spans}
    assert not screen_text(mask_spans(text, found)).npi


@pytest.mark.parametrize(
    "text",
    ["Thuy Loan called, wants a text", "ask for Mr Lease", "12 Lease Ln, blue mailbox", "one two three four techs",
     "customer_id: 88142", "status=open", "1100 Credit Union Way", "N0 noise heard", "livrer au 22 rue de la Banque"],
)  # fmt: skip
def test_names_places_and_harmless_keys_stay_whole(text: str) -> None:
    assert not screen_text(text).npi


@pytest.mark.parametrize(
    ("nonpublic", "harmless"),
    [
        ("he is 3500 under on the Sonata", "he is 35 under on the tire pressure"),
        ("dad is throwing in three thousand", "dad is throwing in the old tires"),
        ("they can't go over 425 a month", "can't go over 42 mph"),
        ("she's a 740", "she's at 740-555-0111"),
        ("customer is a 612 with mom", "call customer at 612-555-0134"),
        ("denied by all four", "declined by customer"),
        ("on a pension, been there nine years", "on a lift, been there nine days"),
        ("let the other car go back to the bank", "let the other car warm up"),
        ("filed a 7 in 2021", "filed 7 burrs off the rotor"),
        ("da 500 hoy y el resto de la entrada el viernes", "trae ruido en la puerta de entrada"),
        ("wants out from under the loan", "wants out by noon"),
        ("1k now, the rest in two weeks", "rotate now, the rest in two weeks"),
    ],
)
def test_a_deal_told_without_its_words_is_heard_and_the_shop_is_not(nonpublic: str, harmless: str) -> None:
    assert screen_text(nonpublic).npi
    assert not screen_text(harmless).npi


@pytest.mark.parametrize(
    ("nonpublic", "harmless"),
    [
        ('{"deal":88213,"annualIncome":61500}', '{"ro":88213,"annualMiles":61500}'),
        ('{"quote":{"mo":398.77}}', '{"cov":"corrosion","mo":144,"mi":"unl"}'),
        ('{"loan":{"term_months":72}}', '{"warranty":{"term_months":36}}'),
        ("BD 10 14 63 MALE EYES BRN", "BD 10 amp fuse, door trim"),
        ("born December the twelfth, seventy-seven", "in by December the twelfth, bay seventy-seven"),
        ("two one four, dash, six six, dash, nine oh one eight. That's my social", "call two one four, dash, six six"),
        ("el RFC es LOPA880214AB1", "RF door clip LOPA880214AB1"),
        ("S I N: 900-112-236", "S I D E: 900-112-236"),
        ("how much a month would it be", "how much would it be with tint"),
        ("four bills a month, not more", "four bills of lading for the parts"),
        ("whats the lowest score u guys take", "how low is the score on that rotor"),
        ("me quitaron el otro carro", "le quitaron la llanta al carro"),
        ("HR says he hasn't worked there since May", "HR says he wants a fleet quote"),
        ("has her paying until 2032", "service plan paid until 2032"),
        ("can come up with a little more up front", "hears a little more noise up front"),
        ("RESID .61 / 24,088", "resid oil .61 in pan"),
        ("<apr>11.49</apr>", "<mpg>11.49</mpg>"),
        ("<dlNo>zz</dlNo>", "<drvNo>zz</drvNo>"),
        ('{"x":{"lienAmt":12450.11}}', '{"x":{"lineAmt":12450.11}}'),
    ],
)
def test_messages_and_dumps_are_read_and_the_shops_own_are_not(nonpublic: str, harmless: str) -> None:
    assert screen_text(nonpublic).npi
    assert not screen_text(harmless).npi


def test_a_finding_in_a_number_said_in_words_covers_the_whole_of_it() -> None:
    text = "wash it, social two one nine oh nine four three two one five, thanks"
    assert mask_spans(text, screen_text(text)) == "wash it, social [withheld], thanks"


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("sixty", "60"),
        ("thirty-two thousand five hundred", "32500"),
        ("a hundred and twenty thousand", "120000"),
        ("three fifty", "350"),
        ("six point nine nine", "6.99"),
        ("five and a quarter", "5.25"),
        ("four one nine", "4 1 9"),
        ("nineteen eighty-five", "1985"),
        ("mil quinientos", "1500"),
        ("dos mil", "2000"),
        ("deux mille cinq cents", "2500"),
    ],
)
def test_numbers_said_in_words_are_the_numbers(said: str, digits: str) -> None:
    again = spoken(normal(f"x {said} x"))
    assert again is not None
    assert again.text == f"x {digits} x"


def test_both_engines_give_the_same_finding_for_every_text(request: pytest.FixtureRequest) -> None:
    fast, standard = engine(), StandardEngine()
    assert isinstance(fast, Re2Engine)
    every = [*CORPUS, *(t for rows in (later() | fresh() | other_hand()).values() for t in rows)]
    for at in range(0, len(every), 1 if request.config.getoption("--long") else 16):
        text = every[at].text
        assert judge(fast, text, "") == judge(standard, text, ""), text


STANDARD = StandardEngine()
WORDS = sorted({word for t in CORPUS for word in t.text.split()})


@settings(max_examples=40)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(" ".join))
def test_a_look_at_the_words_leaves_out_no_pattern_that_hits(text: str) -> None:
    seen = normal_text(text)
    assert engine().candidates(seen) == STANDARD.candidates(seen)


def test_a_blank_in_a_pattern_stands_alone_so_that_it_can_be_taken_out() -> None:
    """Behind a quantifier of its own, or in brackets, taking it out would leave another pattern."""
    for pattern in patterns():
        assert not re.search(r"\\s\{[01],3\}[*+?{]", pattern.source), pattern.source
        assert not re.search(r"\[[^\]]*\\s\{[01],3\}[^\]]*\]", pattern.source), pattern.source
    assert sum(r"\s{1,3}" in pattern.source for pattern in patterns()) > 100


def test_a_value_of_one_word_hits_in_the_joined_pass_where_it_hits_alone() -> None:
    """Where no value has a blank, what needs one is not asked."""
    words = [word for word in map(normal_text, WORDS) if word.split() == [word]]
    alone = {at for at, word in enumerate(words) if engine().candidates(word)}
    named = engine().lines("\n".join(words))
    assert len(alone) > 100
    assert alone <= named
    assert len(named) < len(words) / 2
    assert screen_values(["Pat", "ssn:219-09-4321", "wash"]).keys() == {1}


def test_whatever_a_pattern_finds_its_line_is_named() -> None:
    """A text for each pattern that is alone in finding one (but for the second reading): the joined pass names it."""
    again = len(patterns()) - 1
    alone: dict[int, str] = {}
    for text in [t.text for rows in fresh().values() for t in rows][::2]:
        seen = normal_text(text).replace("\n", " ")
        if len(hits := [number for number in engine().candidates(seen) if number != again]) == 1:
            alone[hits[0]] = seen
    assert len(alone) > 150
    assert max(alone) > 450
    harmless = ["wiper blades"] * 3
    named = engine().lines("\n".join([*alone.values(), *harmless]))
    assert set(range(len(alone))) <= named
    assert len(alone) + 2 not in named
    assert all(engine().lines(text) for text in alone.values())


def test_a_flood_of_values_that_fills_every_cache_changes_no_verdict() -> None:
    flooded = Re2Engine(re2)
    draw = random.Random(7)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789 -.,$%@#/"
    flooded.lines("\n".join("".join(draw.choices(letters, k=24)) for _ in range(10_000)))
    for text in ("".join(draw.choices(letters, k=80)) for _ in range(1_000)):
        flooded.candidates(text)
    for text in [t.text for t in CORPUS[::20]]:
        assert judge(flooded, text, "") == judge(engine(), text, ""), text
        assert bool(flooded.lines(normal_text(text))) >= screen_text(text).npi, text


def test_a_page_of_values_gets_the_verdicts_its_values_get_alone() -> None:
    values = [t.text for t in CORPUS]
    assert screen_values(values) == {i: f for i, v in enumerate(values) if (f := screen_text(v)).npi}


@given(st.lists(st.one_of(st.text(max_size=30), st.sampled_from([t.text for t in CORPUS])), max_size=12))
def test_joining_values_changes_no_verdict(values: list[str]) -> None:
    assert screen_values(values) == {i: f for i, v in enumerate(values) if (f := screen_text(v)).npi}


SSN = "219-09-4321"
HIDDEN = {
    "full width": "ＳＳＮ ２１９－０９－４３２１",
    "non-breaking hyphen": "ssn 219\u201109\u20114321",
    "zero width": "s\u200bsn 2\u200b19-0\u200b9-4321",
    "soft hyphen": "ssn 219\u00ad-09-4321",
    "spaced digits": "2 1 9 - 0 9 - 4 3 2 1",
    "non-breaking blank": "ssn\u00a0219\u00a009\u00a04321",
    "minus sign": "219\u221209\u22124321",
    "look-alike letters": "ѕѕn 219094321",
    "arabic-indic digits": "ssn ٢١٩٠٩٤٣٢١",
    "multi-value mark": "ssn\u00fd219-09-4321",
    "control character": "ssn\x00219-09-4321",
    "line end": "ssn\n219094321",
}


@pytest.mark.parametrize("trick", list(HIDDEN))
def test_a_number_cannot_hide_behind_the_alphabet(trick: str) -> None:
    assert screen_text(HIDDEN[trick]).npi
    assert screen_values(["harmless", HIDDEN[trick], "harmless"]).keys() == {1}


def test_spans_are_positions_in_the_original_text() -> None:
    text = "call Pat, ssn ２１９\u200b－０９－４３２１ then wash"
    found = screen_text(text)
    assert [text[start:end] for start, end, _ in found.spans] == ["２１９\u200b－０９－４３２１"]


@pytest.mark.parametrize(
    "text",
    ["36 mo/36,000 mi warranty", "oil life 40%", "30301-0142", "1HGCM82633A004352", "RO 458213", "04465-0E010",
     "down pipe leaking", "customer pay $49.95", "404-555-0142", "(770) 555-0199", "2026-03-14", "03/14/2026",
     "Apr 5 8:30", "bank 1 sensor 2", "gap spark plugs .044", "long term fuel trim 12%", "123456789", "A123456789",
     "loan car", "best.lease.deals@mail.example", "https://www.example/finance/apr", "Mark Downey", "", " ", "0"],
)  # fmt: skip
def test_near_misses_stay_whole(text: str) -> None:
    assert not screen_text(text).npi


def test_a_number_alone_says_nothing_whatever_form_or_term_shares_its_digits() -> None:
    values = [str(n) for n in range(0, 120_000, 3)] + ["1099", "1040", "72", "5.9", "1099.00", "48,221"]
    assert screen_values(values) == {}


@pytest.mark.parametrize(
    ("harmless", "nonpublic"),
    [
        ("Ticket 1099", "gets a 1099"),
        ("odometer 1099", "1099 income, 52k"),
        ("PO Box 1099, Waco TX", "1099-NEC in file"),
        ("CUST PAY 312.17 PAID VISA", "cust pays 312.17 a month on the truck"),
        ("door garnish clip broken", "garnishment on wages"),
        ("see chapter 7 of owners manual", "chapter 7 in 2022"),
        ("fuse bank needs replaced", "her bank needs stips"),
        ("Wells, Frank", "Wells, approved"),
        ("12 Loan Ct", "Loan contract signed"),
        ("closed for the bank holiday", "closed with the bank today"),
        ("Jose Santander", "Declined Santander"),
    ],
)
def test_a_word_of_finance_needs_finance_around_it(harmless: str, nonpublic: str) -> None:
    assert not screen_text(harmless).npi
    assert screen_text(nonpublic).npi


@pytest.mark.parametrize("name", ["Cash", "LOAN", "Chase", "Lease"])
def test_a_name_field_may_hold_a_name_that_is_a_word_of_finance(name: str) -> None:
    assert not screen_text(name, "family_name").npi
    assert not screen_values([name], "family_name")


def test_a_name_field_may_not_hold_more_than_a_name() -> None:
    assert screen_text(f"Pat Example ssn {SSN}", "family_name").npi


def test_a_field_on_the_floor_list_is_nonpublic_whatever_it_holds() -> None:
    assert screen_text("5.9", "apr").npi
    assert not screen_text("5.9", "tread_depth").npi
    assert not screen_text("", "apr").npi


def test_the_field_gives_bare_digits_their_meaning() -> None:
    assert screen_text("219094321", "cust_ssn_text").npi
    assert screen_values(["219094321"], "cust_ssn_text").keys() == {0}
    assert not screen_text("219094321", "part_number").npi


@pytest.mark.parametrize("text", [t.text for t in CORPUS if t.npi][::7])
def test_a_masked_text_hits_nothing_any_more(text: str) -> None:
    masked = mask_spans(f"left bumper scratched. {text}", screen_text(f"left bumper scratched. {text}"))
    assert not screen_text(masked).npi


def test_masking_keeps_what_is_harmless() -> None:
    text = f"wash and vacuum, ssn {SSN}, rotate tires"
    assert mask_spans(text, screen_text(text)) == "wash and vacuum, ssn [withheld], rotate tires"
    assert mask_spans("rotate tires", screen_text("rotate tires")) == "rotate tires"


@pytest.mark.parametrize(
    "text", ["https://x.example/?ssn=219-09-4321", "219-09-4321@mail.example", "www.x.example/4111111111111111"]
)
def test_a_number_cannot_hide_in_an_address(text: str) -> None:
    assert screen_text(text).npi


def test_a_finding_never_carries_the_text() -> None:
    assert SSN not in repr(screen_text(f"ssn {SSN}"))


@given(st.text(max_size=60))
def test_the_two_normalizers_agree_and_the_map_is_sound(text: str) -> None:
    read = normal(text)
    assert read.text == normal_text(text)
    for at in range(len(read.text)):
        start, end = read.span(at, at + 1)
        assert 0 <= start <= end <= len(text)


def naive_luhn(digits: str) -> bool:
    doubled = [int(d) if i % 2 else sum(divmod(2 * int(d), 10)) for i, d in enumerate(digits, start=len(digits) % 2)]
    return sum(doubled) % 10 == 0


@given(st.text("0123456789", min_size=1, max_size=19))
def test_luhn_agrees_with_a_naive_one(digits: str) -> None:
    assert checks.luhn(digits) == naive_luhn(digits)


def test_checks_know_their_numbers() -> None:
    assert checks.card("4111 1111 1111 1111")
    assert not checks.card("4111 1111 1111 1112")
    assert checks.card("4111-1111-1111-1111 10")  # an expiry date begins right after it
    assert checks.aba("021000021")
    assert not checks.aba("021000022")
    assert checks.iban("GB82 WEST 1234 5698 7654 32")
    assert not checks.iban("GB82 WEST 1234 5698 7654 33")
    assert checks.sin("046 454 286")
    assert checks.vin("1HGCM82633A004352")
    assert checks.ssn("219-09-4321")
    assert not checks.ssn("000-09-4321")
    assert not checks.ssn("666-09-4321")


def test_hostile_text_ends_quickly() -> None:
    started = time.thread_time()  # of the processor: how long others had it is not counted
    for text in ("1 " * 20_000, "a" * 60_000, "down " * 10_000, "4" * 50_000, "\u200b" * 50_000, "ssn:" * 10_000):
        screen_text(text)
    assert time.thread_time() - started < 10
