"""The receiver is killed: before the commit nothing happened, after it everything did, and a retry finds out which."""

from __future__ import annotations

import gzip
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from agent.core.receipt import read_receipt
from agent.core.seal import SealedBatch
from agent.receiver import holdings
from agent.receiver.bodies import content_digest
from agent.receiver.enroll import enroll_token
from agent.receiver.house import open_house
from agent.receiver.serve import PORT_FILE
from agent.receiver.store import FILE
from agent.receiver.verify import verify_all
from tests.ports import own_port
from tests.receiver.fake_dealer import Dealer, close_clients, upsert

_SERVE = "import sys, pathlib; from agent.receiver.serve import serve; serve(pathlib.Path(sys.argv[1]), port={port})"


class Process:
    """A receiver in a process of its own, on one port through all its deaths."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, own_port()
        self.url = f"https://127.0.0.1:{self.port}"
        told = folder / PORT_FILE
        told.unlink(missing_ok=True)  # of the receiver that built this house, on a port of its own
        self.start()
        wait_until(told.is_file)
        assert told.read_text("ascii") == str(self.port)

    def start(self) -> None:
        self._spawn()
        wait_until(self._listens)

    def _spawn(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", _SERVE.format(port=self.port), str(self.folder)])

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        assert self.process.wait(60) == -signal.SIGKILL

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(60)


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not true():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.01)


@pytest.fixture
def process(folder: Path) -> Iterator[Process]:
    running = Process(folder)
    yield running
    close_clients(running.url)
    running.stop()


@pytest.fixture
def dealer(process: Process) -> Dealer:
    made = Dealer(process.url, process.folder / "ca.pem")
    assert made.enroll(enroll_token(process.folder, made.dealer_code)).status_code == 201
    return made


def begin(dealer: Dealer, batch: SealedBatch, keep_back: int) -> ssl.SSLSocket:
    """Send a batch but for its last bytes; the connection stays open and nobody reads the answer."""
    packed, place = gzip.compress(batch.content), urlsplit(dealer.url)
    plain = socket.create_connection((str(place.hostname), int(place.port or 0)), 60)
    channel = ssl.create_default_context(cafile=str(dealer.ca_file)).wrap_socket(plain, server_hostname="127.0.0.1")
    head = (
        f"POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(packed)}\r\nContent-Encoding: gzip\r\n"
        f"Content-Digest: {content_digest(packed)}\r\nIdempotency-Key: {batch.manifest.batch_id}\r\n"
        f"Fieldgate-Manifest: {batch.jws}\r\n\r\n"
    )
    channel.sendall(head.encode() + packed[: len(packed) - keep_back])
    return channel


def receipts(folder: Path) -> list[str]:
    with closing(sqlite3.connect(f"file:{folder / FILE}?mode=ro", uri=True)) as db:
        return [row[0] for row in db.execute("SELECT receipt FROM batches ORDER BY seq")]


def restart(process: Process) -> None:
    close_clients(process.url)
    process.start()


def sound(folder: Path, batches: int) -> None:
    with closing(open_house(folder)) as house:
        found = verify_all(house)
        assert (found.problems, found.batches) == ([], batches)
        assert len(holdings.batches(house)) == batches


def test_killed_after_the_commit_a_retry_gets_the_same_receipt(process: Process, dealer: Dealer) -> None:
    batch = dealer.sealed(upsert(1))
    with begin(dealer, batch, keep_back=0):
        wait_until(lambda: bool(receipts(process.folder)))
        process.kill()
    [given] = receipts(process.folder)
    restart(process)
    again = dealer.twin().send(batch)
    assert (again.status_code, again.text) == (200, given)
    assert read_receipt(again.text, batch, dealer.find_key)
    sound(process.folder, 1)


def test_killed_before_the_commit_a_retry_is_the_first_time(process: Process, dealer: Dealer) -> None:
    batch = dealer.sealed(upsert(1))
    with begin(dealer, batch, keep_back=1):
        time.sleep(0.2)  # all it has is in its hands by then, mostly; without the last byte there is no commit anyway
        process.kill()
    assert receipts(process.folder) == []
    restart(process)
    assert dealer.twin().send(batch).status_code == 201
    sound(process.folder, 1)


def test_killed_at_any_moment_of_many_batches_no_receipt_was_given_in_vain(process: Process, dealer: Dealer) -> None:
    """Every batch whose receipt reached us is there after the kill, whenever it came; the rest can be sent on."""
    given = []
    for round_ in range(3):
        sender = dealer.twin()
        for _ in range(3 + round_):
            batch = sender.sealed(b"".join(upsert(i) for i in range(20)))
            given.append(sender.send(batch).text)
            sender.moved_past(batch)
        following = sender.sealed(upsert(99))
        with begin(sender, following, keep_back=0):
            time.sleep(0.003 * round_)
            process.kill()
        held = receipts(process.folder)
        assert held[: len(given)] == given
        restart(process)
        dealer = sender.twin()
        answer = dealer.send(following)
        assert answer.status_code == (200 if len(held) > len(given) else 201)
        given.append(answer.text)
        dealer.moved_past(following)
    sound(process.folder, len(given))


def test_the_store_is_closed_to_others(process: Process) -> None:
    for name in (FILE, "receiver-key.pem", "server-key.pem"):
        assert (process.folder / name).stat().st_mode & 0o077 == 0
    assert process.folder.stat().st_mode & 0o077 == 0
