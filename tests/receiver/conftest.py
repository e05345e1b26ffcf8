"""A receiver on loopback for one test file, and dealers enrolled with it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.receiver.enroll import make_token
from agent.receiver.serve import Running, start_in_thread
from tests.receiver.fake_dealer import Dealer, close_clients

_streams = itertools.count(1)


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = start_in_thread(tmp_path_factory.mktemp("receiver") / "oem")
    yield running
    close_clients(running.url)
    running.stop()


@pytest.fixture
def new_dealer(receiver: Running) -> Callable[..., Dealer]:
    """Enrolled dealers, each with a stream of its own."""

    def make(**changes: Any) -> Dealer:
        number = next(_streams)
        dealer = Dealer(receiver.url, receiver.ca_file, **({"stream_id": f"stream-{number:04d}"} | changes))
        response = dealer.enroll(make_token(receiver.house, dealer.dealer_code))
        assert response.status_code == 201, response.text
        return dealer

    return make


@pytest.fixture
def dealer(new_dealer: Callable[..., Dealer]) -> Dealer:
    return new_dealer()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "oem"
