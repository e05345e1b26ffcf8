"""A C compiler makes the preload shim; where there is none, these tests are left out and named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash import shim
from tests.crash.cells import ran
from tests.crash.dealer import Dealer, dealer


@pytest.fixture(scope="session", autouse=True)
def compiled() -> Path:
    if shim.compiler() is None:
        pytest.skip("no C compiler: the faults below the C library need one (gcc)")
    return shim.library()


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory, compiled: Path) -> Iterator[Dealer]:
    """A dealer whose agent has run once: everything that may leave is at the OEM."""
    with dealer(tmp_path_factory.mktemp("crash") / "house") as made:
        assert ran(made) == []
        assert made.wrong() == []
        yield made
