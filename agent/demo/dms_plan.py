"""Who owns what in the make-believe dealership: the facts that several tables must agree on.

Nothing here depends on a nonpublic value, so two dealerships that differ in nonpublic columns alone have the same plan.
Kept for a small dealership; a large one is walked anew by each table.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from agent.demo import dms_people as words
from agent.demo.dms_unique import ring_digits

Draw = Callable[[], float]
SHOWCASE = 104_417  # Pat Example: the customer whose two sides a person is shown
FIRST_NUMBER = 100_001
CARS_AT_MOST = 3
_KEPT_AT_MOST = 10_000  # households; about 2 kB each
_VIN_VALUES = dict(
    zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", [*range(10), *range(1, 9), *range(1, 6), 7, 9, *range(2, 10)], strict=True)
)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_YEAR_LETTERS = "ABCDEFGHJKLMNPRSTVWXY"  # 2010 to 2030


@dataclass(frozen=True, slots=True)
class Visit:
    ro_no: int
    days_ago: int
    odometer: int
    drawn: int  # decides the jobs, which only two of nine tables ask for

    @property
    def jobs(self) -> tuple[int, ...]:
        """One to four positions in dms_people.OPERATIONS."""
        known = len(words.OPERATIONS)
        return tuple([self.drawn // (4 * known**n) % known for n in range(1 + self.drawn % 4)])


@dataclass(frozen=True, slots=True)
class Car:
    index: int  # unique in the dealership; also numbers its deal
    make: str
    model: str
    code: str
    year: int
    days_old: int  # since it went into service
    odometer: int
    sold_here: bool
    visits: tuple[Visit, ...]

    @property
    def vin(self) -> str:
        return vin(words.MAKER_CODES[self.make], self.code, self.year, self.index)


@dataclass(frozen=True, slots=True)
class Household:
    index: int
    number: int
    store: str
    cars: tuple[Car, ...]


@dataclass(frozen=True)
class Plan:
    seed: int
    customers: int
    today: dt.date

    def random(self, stream: int) -> random.Random:
        return random.Random(f"{self.seed}/{stream}")

    @cached_property
    def calendar(self) -> tuple[str, ...]:
        """ISO days, by days ago."""
        last = self.today.toordinal()
        return tuple(dt.date.fromordinal(last - n).isoformat() for n in range(6_000))

    def numbers(self) -> Iterator[int]:
        """Customer numbers in order; the showcase customer is always one of them."""
        last = FIRST_NUMBER + self.customers - 1
        if self.customers and last < SHOWCASE:
            yield from range(FIRST_NUMBER, last)
            yield SHOWCASE
        else:
            yield from range(FIRST_NUMBER, last + 1)

    def households(self) -> Iterator[Household]:
        return iter(self._small) if self.customers <= _KEPT_AT_MOST else self._walk()

    @cached_property
    def _small(self) -> tuple[Household, ...]:
        """Nine tables ask for it; a large dealership is walked anew each time instead of being held."""
        return tuple(self._walk())

    def _walk(self) -> Iterator[Household]:
        ro_no = 200_001
        draw = self.random(0).random
        for index, number in enumerate(self.numbers()):
            home = self._household(index, number, ro_no, draw)
            ro_no += sum(len(car.visits) for car in home.cars)
            yield home

    def _household(self, index: int, number: int, ro_no: int, draw: Draw) -> Household:
        if number == SHOWCASE:
            return Household(index, number, "01", (self._car(index * CARS_AT_MOST, "EXAMPLE", draw, ro_no, visits=3),))
        store = "01" if draw() < 0.6 else "04"
        share = draw()
        cars: list[Car] = []
        for n in range(0 if share < 0.08 else 1 if share < 0.74 else 2 if share < 0.96 else CARS_AT_MOST):
            make = "EXAMPLE" if draw() < 0.64 else "OTHERMAKE"
            car = self._car(index * CARS_AT_MOST + n, make, draw, ro_no, visits=None)
            ro_no += len(car.visits)
            cars.append(car)
        return Household(index, number, store, tuple(cars))

    def _car(self, index: int, make: str, draw: Draw, ro_no: int, *, visits: int | None) -> Car:
        model, code = words.MODELS[make][int(draw() * len(words.MODELS[make]))]
        days_old = 30 + int(draw() * 4_500)
        year = min(max(int(self.calendar[days_old][:4]), 2010), 2030)
        odometer = 500 + int(days_old * (15 + 30 * draw()))
        count = int(draw() * 7) if visits is None else visits
        seen = sorted((int(draw() * days_old) for _ in range(count)), reverse=True)
        return Car(
            index=index,
            make=make,
            model=model,
            code=code,
            year=year,
            days_old=days_old,
            odometer=odometer,
            sold_here=visits is not None or draw() < 0.7,
            visits=tuple(
                Visit(ro_no + n, ago, odometer - int(odometer * ago / (days_old + 1)), int(draw() * 1_000_003))
                for n, ago in enumerate(seen)
            ),
        )


def vin(maker: str, model: str, year: int, index: int, plant: str = "P") -> str:
    """Seventeen characters with a true check digit; never more than six digits in a row."""
    body = f"{maker}{model}0{_YEAR_LETTERS[year - 2010]}{plant}{ring_digits(index, 0)}"
    rest = sum(_VIN_VALUES[c] * w for c, w in zip(body, _VIN_WEIGHTS, strict=True)) % 11
    return f"{body[:8]}{'X' if rest == 10 else rest}{body[9:]}"
