"""Make `agent/core/screen_weights.json` from labeled texts: `python -m tests.weigh_screen`.

A linear rule by squared hinge and plain sums, so that every machine makes the same numbers. Left out, to stay unread:
the unseen half of the frozen corpus, `extra_b`, and whatever `without` names.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection
from pathlib import Path

from agent.core.screen_normal import normal_text
from agent.core.screen_weighed import signs, words_of
from tests.measure_screen import Labeled, corpus, fresh, later, other_hand

PAGE = Path(__file__).parent.parent / "agent" / "core" / "screen_weights.json"
CODE = PAGE.with_name("screen_weighed.py")
ENOUGH = 25  # hundredths: with less, harmless texts are harmed; with more, texts are missed
_ROUNDS = 12
_STEP = 0.4
_SHRINK = 2e-5
_SEEN_TWICE = 2  # a sign that stands in one text proves nothing
_SMALL = 4  # hundredths: not worth keeping
_MADE = 0.3  # a text made by the grammar counts less than one that somebody wrote
_NAMES = {
    "amount": "amount_financed", "balance": "receivable_balance", "bank": "bank_card", "card": "bank_card",
    "dl": "driver_licence", "down": "down_payment", "income": "income_employment", "lease": "lease_residual",
    "payoff": "trade_payoff", "reserve": "reserve_fi_income", "ssn": "ssn_tin", "type": "finance_type",
    "itin": "ssn_tin", "ar": "receivable_balance", "birth": "dob", "bk": "bankruptcy", "repo": "bankruptcy",
    "dealtype": "finance_type", "license": "driver_licence", "sin": "ssn_tin", "field": "finance", "mixed": "finance",
}  # fmt: skip


def labeled(without: Collection[str] = ()) -> list[tuple[Labeled, float]]:
    """Texts with what each counts."""
    sets = later() | other_hand() | fresh()
    found = [(t, 1.0) for name, texts in sets.items() if name not in {"extra_b", *without} for t in texts]
    return found + [(t, _MADE) for t in corpus() if not t.unseen]


def learned(texts: list[tuple[Labeled, float]]) -> dict[str, float]:
    """Weights by sign; `""` is what every text starts with."""
    rows = [(sorted({"", *signs(words_of(normal_text(t.text)))}), 1 if t.npi else -1, count) for t, count in texts]
    often = Counter(sign for found, _, _ in rows for sign in found)
    kept = [([s for s in found if often[s] >= _SEEN_TWICE], side, count) for found, side, count in rows]
    weight: dict[str, float] = defaultdict(float)
    pull: dict[str, float] = defaultdict(lambda: 1.0)
    order = list(range(len(kept)))
    for turn in range(_ROUNDS):
        for at in sorted(order, key=lambda n: (n * 7919 + turn * 104729) % 10007):
            found, side, count = kept[at]
            short = 1 - side * sum(weight[s] for s in found)
            step = 2 * count * short * side if short > 0 else 0.0
            for s in found:
                slope = step - _SHRINK * len(kept) * weight[s] / often[s]
                pull[s] += slope * slope
                weight[s] += _STEP * slope / pull[s] ** 0.5 / 10
    return dict(weight)


def page(texts: list[tuple[Labeled, float]]) -> str:
    weight = learned(texts)
    speaks: dict[str, Counter[str]] = defaultdict(Counter)
    for text, _ in texts:
        if text.npi and text.category != "npi":
            for sign in set(signs(words_of(normal_text(text.text)))):
                speaks[sign][_NAMES.get(text.category, text.category)] += 1
    kinds: dict[str, dict[str, int]] = defaultdict(dict)
    for sign in sorted(weight):
        hundredths = round(100 * weight[sign])
        if abs(hundredths) >= _SMALL or not sign:
            kind = min(speaks[sign].items(), key=lambda item: (-item[1], item[0]))[0] if speaks[sign] else "finance"
            kinds[kind if hundredths > 0 and sign else "none"][sign] = hundredths
    data = {"enough": ENOUGH, "signs": {kind: kinds[kind] for kind in sorted(kinds)}}
    return json.dumps(data, indent=0, ensure_ascii=True) + "\n"


def main() -> None:
    made = page(labeled()).encode()
    PAGE.write_bytes(made)
    digest = f'WEIGHTS_SHA256 = "sha256:{hashlib.sha256(made).hexdigest()}"'
    CODE.write_text(re.sub(r'WEIGHTS_SHA256 = ".*"', digest, CODE.read_text("utf-8")), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
