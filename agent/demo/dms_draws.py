"""What rows of the make-believe DMS are put together from: cells, draws, a deal's numbers, and Pat Example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from agent.demo import dms_people as words
from agent.demo.dms_plan import SHOWCASE, Car, Draw, Household, vin
from agent.demo.dms_unique import marker

Cell = str | int | None
Row = dict[str, Cell]
T = TypeVar("T")

PAT: Row = {
    "FIRST_NAME": "Pat",
    "MIDDLE_NAME": None,
    "LAST_NAME": "Example",
    "IND_BUS_FLAG": "I",
    "LANGUAGE": "EN ",
    "ADDRESS1": "1 Peachtree St",
    "ADDRESS2": None,
    "CITY": "Atlanta",
    "COUNTY": "Fulton",
    "STATE": "GA ",
    "ZIP": "30301-0142",
    "CELL_PHONE": "404-555-0142",
    "EMAIL1": f"pat.{marker(SHOWCASE)}@mail.example",
    "OPT_OUT": "N",
    "OPT_OUT_DT": "0",
    "BLOCK_EMAIL": "N",
    "BLOCK_MAIL": "N",
    "CALL_OK": " ",
    "SMS_OK": " ",
}


def pick(draw: Draw, choices: Sequence[T]) -> T:
    return choices[int(draw() * len(choices))]


def code(draw: Draw, shares: Sequence[tuple[str, float]]) -> str | None:
    """A code by share; NULL with what is left over."""
    left = draw()
    for code, share in shares:
        left -= share
        if left < 0:
            return code
    return None


def phone(draw: Draw) -> str:
    return _phone(pick(draw, words.AREAS), int(draw() * 100), draw)


def own_phone(index: int, draw: Draw) -> str:
    """Nobody else's, up to 80,000 customers: there are no more numbers that are kept for make-believe."""
    draw(), draw()  # as many as `phone` draws, so that what comes behind is the same
    return _phone(200 + index // 100 % 800, index % 100, draw)


def _phone(area: int | str, line: int, draw: Draw) -> str:
    form = int(draw() * 3)
    return (f"{area}-555-01{line:02d}", f"({area}) 555-01{line:02d}", f"{area}55501{line:02d}")[form]


def letters(draw: Draw) -> str:
    return "".join("ABCDEFGHJKLMNPRSTUVWXYZ"[int(draw() * 23)] for _ in range(3))


def american(day: str) -> str:
    return f"{day[5:7]}/{day[8:]}/{day[:4]}"


def deal_no(car: Car) -> int:
    return 100_001 + car.index


def has_trade(car: Car) -> bool:
    return car.index % 5 in (0, 3)


def trade_vin(car: Car) -> str:
    """A car that stands in no VEHICLE row: another plant letter."""
    return vin(words.MAKER_CODES["OTHERMAKE"], "CM25C", 2012, car.index, plant="T")


def co_buyer(home: Household, draw: Draw) -> int | None:
    """Some other customer in one deal of six; never the showcase customer, who stands for one household."""
    share, step = draw(), 1 + int(draw() * 3)
    number = home.number - step
    return number if share < 0.16 and home.index >= step and number != SHOWCASE else None


def total(jobs: Sequence[tuple[str, str, str, str, str]], labor: str) -> str:
    cents = sum(int(job[4].replace(".", "")) for job in jobs if job[2] == labor)
    return f"{cents // 100}.{cents % 100:02d}"
