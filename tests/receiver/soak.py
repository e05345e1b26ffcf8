"""Many dealers at once against one receiver process, with a hostile one among them: how many batches and records it
takes a second, and how much memory it needs meanwhile. `python -m tests.receiver.soak SECONDS` prints a JSON object.
"""

from __future__ import annotations

import gzip
import itertools
import json
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from agent.receiver import holdings
from agent.receiver.enroll import make_token
from agent.receiver.house import open_house
from agent.receiver.verify import verify_all
from tests.receiver.fake_dealer import Dealer, close_clients, problem_of, upsert
from tests.receiver.test_crash import Process

_SENDERS = 4
_BOMB = gzip.compress(bytes(48 * 1024 * 1024), 9)  # 48 KB that unfold to 48 MB
_LORISES = 20


@dataclass
class Soaked:
    """`memory_mb`: resident size of the receiver's process, sampled twice a second once it was warm."""

    seconds: float
    streams: int
    batches: int
    records: int
    bombs_refused: int
    memory_mb: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def growth_mb(self) -> float:
        """What the last quarter needs more than the one before it. By then the bombs have been met: the first hundred
        lift the allocator from 70 to 130 MB, where it stays; without them it stays at 73."""
        quarter = max(1, len(self.memory_mb) // 4)
        return max(self.memory_mb[-quarter:]) - max(self.memory_mb[-2 * quarter : -quarter])


def soak(folder: Path, seconds: float, *, streams: int, records: int, check: bool = True) -> Soaked:
    """`check`: afterwards every signature, digest and place in every stream is computed anew."""
    folder.mkdir()
    process = Process(folder)
    try:
        dealers = _enrolled(process, streams)
        content = b"".join(upsert(number) for number in range(records))
        for dealer in dealers:
            dealer.post(content)  # warm: caches are full, every stream is open
        found = _sent(process, dealers, content, seconds)
        found.records = found.batches * records
    finally:
        close_clients(process.url)
        process.stop()
    with closing(open_house(folder)) as house:
        held = holdings.batches(house)
        if len(held) != found.batches + streams:
            found.problems.append(f"{found.batches + streams} batches had a receipt, {len(held)} are held")
        for stream_id, of_stream in itertools.groupby(held, key=lambda batch: batch.stream_id):
            places = [batch.seq for batch in of_stream]
            if places != list(range(1, len(places) + 1)):
                found.problems.append(f"{stream_id} has a gap")
        if check:
            found.problems += verify_all(house).problems
    return found


def _enrolled(process: Process, streams: int) -> list[Dealer]:
    with closing(open_house(process.folder)) as house:
        tokens = [make_token(house, f"EX{number:04}") for number in range(streams)]
    dealers = []
    for number, token in enumerate(tokens):
        dealer = Dealer(process.url, process.folder / "ca.pem", f"EX{number:04}", f"stream-{number:04}")
        assert dealer.enroll(token).status_code == 201
        dealers.append(dealer)
    return dealers


def _sent(process: Process, dealers: list[Dealer], content: bytes, seconds: float) -> Soaked:
    """For so long, and on a machine that stands still meanwhile until there is something to judge."""
    memory: list[float] = []
    bombs: list[str] = []
    over = threading.Event()
    started = time.monotonic()
    with _lorises(process), ThreadPoolExecutor(_SENDERS + 2) as pool:
        sampling = pool.submit(_sample, process.process.pid, memory, over)
        throwing = pool.submit(_throw_bombs, dealers[0].twin(stream_id="stream-evil"), bombs, over)

        def enough() -> bool:
            if sampling.done() or throwing.done():
                return True  # one of them has failed, and says so below
            return time.monotonic() - started > seconds and len(memory) >= seconds and bool(bombs)

        counts = [pool.submit(_send, dealers[n::_SENDERS], content, enough) for n in range(_SENDERS)]
        try:
            batches = sum(one.result() for one in counts)
        finally:
            over.set()
        took = time.monotonic() - started
        sampling.result()
        throwing.result()
        return Soaked(took, len(dealers), batches, 0, len(bombs), memory)


def _send(dealers: list[Dealer], content: bytes, enough: Callable[[], bool]) -> int:
    """At least twice for each dealer."""
    done = 0
    for dealer in itertools.cycle(dealers):
        if done >= 2 * len(dealers) and enough():
            return done
        dealer.post(content)
        done += 1
    return done


def _throw_bombs(dealer: Dealer, refused: list[str], over: threading.Event) -> None:
    while not over.wait(0.2):
        answer = dealer.send(dealer.sealed(b""), _BOMB)
        assert problem_of(answer) == "too_large"
        refused.append("too_large")


@contextmanager
def _lorises(process: Process) -> Iterator[None]:
    """Connections on which nothing ever comes."""
    opened = [socket.create_connection(("127.0.0.1", process.port), 5) for _ in range(_LORISES)]
    try:
        yield
    finally:
        for one in opened:
            one.close()


def _sample(pid: int, memory: list[float], over: threading.Event) -> None:
    while not over.wait(0.5):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        memory.append(pages * 4096 / 1e6)


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        found = soak(Path(made) / "oem", float(sys.argv[1]), streams=50, records=200, check=False)
    print(json.dumps(asdict(found) | {"growth_mb": found.growth_mb}))


if __name__ == "__main__":
    main()
