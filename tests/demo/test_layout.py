"""Nothing is wider than 80 columns, however large the figures and however much went wrong."""

from __future__ import annotations

import pytest

from agent.demo import layout
from agent.demo.facts import (
    Access,
    Asked,
    Attempt,
    Both,
    Cheats,
    Check,
    Click,
    Closing,
    DatasetCount,
    House,
    Leak,
    OptOut,
    Refusal,
    Run,
    Searched,
    Side,
    Stayed,
)

BIG = 1_234_567
LEAK = Leak("car maker: operations", "driver license (CREDIT_APP.DriverLicenseNumber)", "without separators", BIG)
SHOWN = tuple(
    Refusal(m, f"SALES_DEAL.{c}", "42000/1143")
    for m, c in (("down payment", "CASH_DOWN"), ("loan term", "TERM"), ("amount financed", "AMT_FINANCED"))
)


def access(status: str) -> Access:
    return Access(status, "PostgreSQL", SHOWN, 1_000, 999, 1_000, 999, 2, 2_222, 1_111, 1, "2026-11-23")


def searched(found: int) -> Searched:
    leaks = (LEAK,) * 12 if found else ()
    return Searched(BIG, 10, 10, 99_999.9, 999.9, (), found, leaks, 2, BIG, BIG, BIG, BIG, BIG - 1, 1)


MEANINGS = ("a field of the car maker",) * 50
DATASET = DatasetCount("customers", "service visits", BIG, BIG, BIG, (Stayed(BIG, "no Example vehicle"),))
SIDES = (
    Side("AMT_FINANCED", "x" * 90, "family_name", "\u202ey" * 90),
    Side("CELL_PHONE", "b", "", None, "no written OK for calls or texts"),
)
SCREENS: dict[str, list[str]] = {
    "opening": layout.opening(House("PostgreSQL 15.18", True, 200_000, BIG, 99, 2_222)),
    "asked": layout.asked(
        Asked(200, MEANINGS, ("declined",) * 40, ("never",) * 40, ("?",), "p" * 30, 12, 2, 2, "2027-06-30")
    ),
    "access": layout.access(access("refused")),
    "not proven": layout.access(access("not_enforced")),
    "run": layout.run(Run(BIG, 37, 999.9, 9_999, 9_999, BIG, 999.9, (DATASET,), BIG, BIG, 9), bars=True),
    "run, no terminal": layout.run(Run(BIG, 37, 999.9, 9_999, 9_999, BIG, 999.9, (DATASET,), 1, 1, 1), bars=False),
    "both": layout.both(Both(104_417, "Pat Example", SIDES, 3)),
    "opt out": layout.opt_out(OptOut(104_417, *["09:00:00"] * 3, 123, 123, ("suppress",), 123, 999.9, 2, 12)),
    "click": layout.click(Click(*["09:00:00"] * 3, 123, BIG, 999.9)),
    "cheats": layout.cheats(
        Cheats((Attempt("pick customers whose lease ends soon", "refused", "P024", "the list would tell", 105, True),))
    ),
    "searched": layout.searched(searched(0), "PostgreSQL"),
    "leak": layout.searched(searched(9), "PostgreSQL"),
    "closing": layout.closing(Closing(BIG, BIG, True, 999.0), 99),
    "failing": layout.failing([LEAK] * 20, [Check("w" * 60, "one" * 20, "x" * 200, "other" * 20, 3)] * 20),
    "stopped": layout.stopped("step 3, one nightly run", "what happened " * 20, "do this " * 30),
    "next": layout.next_steps("./fieldgate-demo"),
    "staying": layout.staying("https://127.0.0.1:65535/portal"),
}


@pytest.mark.parametrize("name", SCREENS)
def test_every_line_fits(name: str) -> None:
    for line in SCREENS[name]:
        assert len(line) <= layout.WIDTH, line
        assert line.isascii()


def test_foreign_text_is_escaped_before_it_is_shown() -> None:
    assert not any("\u202e" in line for line in SCREENS["both"])


def test_a_bar_grows_and_never_overflows() -> None:
    assert [layout.bar(done, 100).count("#") for done in (0, 50, 100, 900)] == [0, 15, 30, 30]
    assert layout.bar(0, 0).count("#") == 30


def test_a_leak_is_told_by_kind_and_place() -> None:
    said = " ".join(" ".join(SCREENS["failing"]).split())
    assert "FAIL" in said
    assert "1,234,567 x driver license (CREDIT_APP.DriverLicenseNumber) in car maker: operations" in said
    assert "and 12 more kinds of leak" in said


def test_a_denial_missing_in_the_log_is_shouted() -> None:
    assert "1 NOT REFUSED" in " ".join(" ".join(SCREENS["searched"]).split())
