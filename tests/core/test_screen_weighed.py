"""The weighed reading: words that together say it, in the pinned weights, with the sums a naive reader gets."""

from __future__ import annotations

import hashlib
import json
from importlib import resources

import pytest

from agent.core.screen import mask_spans, screen_text, screen_values
from agent.core.screen_weighed import WEIGHTS, WEIGHTS_SHA256, signs, weighed, weights, words_of
from agent.errors import SealError
from tests import weigh_screen

BYTES = resources.files("agent.core").joinpath("screen_weights.json").read_bytes()
NO_PHRASE = (
    "customer trading early, has 41 to go",
    "can u get it to where its like 4 something monthly",
    "que no pase de 350 por favor",
    "is a 590 gonna be a problem for you guys",
    "we ran it at 60, 72 and 84, she circled the middle",
)


def test_the_digest_in_the_code_is_the_one_of_the_weights() -> None:
    assert "sha256:" + hashlib.sha256(BYTES).hexdigest() == WEIGHTS_SHA256


@pytest.mark.parametrize("changed", [BYTES + b" ", BYTES.replace(b'"enough": ', b'"enough": 9'), b"", b"{}"])
def test_changed_weights_are_not_used(changed: bytes) -> None:
    assert WEIGHTS.check(BYTES)["enough"] == weigh_screen.ENOUGH
    with pytest.raises(SealError) as caught:
        WEIGHTS.check(changed)
    assert caught.value.code == "weights_changed"


@pytest.mark.long
def test_the_weights_are_those_the_labeled_texts_make() -> None:
    assert weigh_screen.page(weigh_screen.labeled()).encode() == BYTES


@pytest.mark.parametrize("text", NO_PHRASE)
def test_words_that_say_it_together_withhold_the_whole_text(text: str) -> None:
    found = screen_text(text)
    assert found.npi
    assert [span[:2] for span in found.spans] == [(0, len(text))]
    assert mask_spans(text, found) == "[withheld]"
    assert screen_values(["rotate tires", text]).keys() == {1}


@pytest.mark.parametrize(
    "text",
    ["tires at 41, spec is 36", "customer wants it by 4, can do a ride", "que no pase de las 5 por favor",
     "the 590 part is on back order for you guys", "torque to 60, 72 and 84 in that order", "1100 Credit Union Way",
     "Will Banks", "Penny Month Lane"],
)  # fmt: skip
def test_the_same_words_about_a_car_stay_whole(text: str) -> None:
    assert not screen_text(text).npi


def test_a_sum_is_the_sum_of_its_signs_each_once() -> None:
    each = json.loads(BYTES)["signs"]
    flat = {sign: weight for kind in each.values() for sign, weight in kind.items()}
    for text in (*NO_PHRASE, "wash and vacuum, then call the customer"):
        total = flat[""] + sum(flat.get(sign, 0) for sign in set(signs(words_of(text))))
        assert bool(weighed(text)) == (total >= weights().enough)


def test_what_a_mask_replaced_is_not_weighed_again() -> None:
    assert not weighed("wash and vacuum, social [withheld], rotate tires")
    assert weighed("her payment [withheld] is too high, she owes the bank on the loan")


def test_a_long_harmless_text_is_not_held_for_its_length() -> None:
    assert not screen_text("rotated tires, changed oil, washed and vacuumed, customer waited in lounge. " * 40).npi


def test_a_hint_in_a_long_text_is_still_heard() -> None:
    lead = "rotated tires, changed oil, washed and vacuumed, customer waited in lounge. " * 8
    assert not screen_text(lead).npi
    assert screen_text(f"{lead}{NO_PHRASE[0]}. {lead}").npi
