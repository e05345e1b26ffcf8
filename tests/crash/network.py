"""The matrix's other half: what a network does to a run, and what a person is told to do where it waits for one."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager

from tests.crash import independent
from tests.crash.cells import ENROLL, ROTATE, Cell, Scenario, ran, settle_down
from tests.crash.dealer import Dealer, told
from tests.crash.proxy import FAULTS, Proxy, standing_before
from tests.crash.shim import Plan
from tests.crash.sweep import Extent

PLACES = {"push": "/v1/batches", "any request": "/v1/"}


@contextmanager
def network(dealer: Dealer) -> Iterator[Proxy]:
    """The dealer reaches the receiver through a proxy, which lets everything pass until it is told otherwise."""
    with standing_before(dealer.oem.url, dealer.folder / "oem") as proxy:
        dealer.ask_at(proxy.url)
        yield proxy
        dealer.ask_at(dealer.oem.url)


def broken(
    dealer: Dealer, proxy: Proxy, effect: str, fault: str, nth: int, turn: int, scenario: Scenario
) -> Cell | None:
    """One fault at the n-th request of a kind, or at the n-th connection; None when there was none."""
    scenario.prepare(dealer, turn)
    dealer.ask_at(proxy.url)
    proxy.let(fault, PLACES[effect], nth)
    life = scenario.act(dealer, Plan())
    fired = list(proxy.fired)
    proxy.let("")
    if not fired:
        return None
    pushed = any(" /v1/batches" in one for one in fired)
    asked = {ENROLL.name: "enrollment", ROTATE.name: "rotation"}.get(scenario.name, "head asked")
    where = asked if not pushed else "receipt" if "answer" in fault else "push"
    cell = Cell(scenario.name, where, f"network: {fault}", f"{effect} {nth}", told(life), spec=f"{fault} {nth}")
    if life.status not in (0, 1, 4) or "FG-X01" in life.out or "Traceback" in life.out:
        cell.problems.append(f"it ended with {life.status}: {life.out.strip()[-300:]}")
    cell.problems += [f"after the fault: {what}" for what in dealer.faults()]
    if fault == "refused for good" and pushed:
        cell.problems += _sent_again(dealer)
    settle_down(dealer, cell, scenario)
    return cell


def each_request(dealer: Dealer, scenario: Scenario, extent: Extent, done: Collection[str]) -> Iterator[Cell]:
    """Every request of a command, and every connection, with each fault."""
    with network(dealer) as proxy:
        for fault in FAULTS:
            nth = 1
            while f"{fault} {nth}" in done or (cell := broken(dealer, proxy, "any request", fault, nth, 0, scenario)):
                if f"{fault} {nth}" not in done:
                    yield cell
                nth += 1
            extent.wanted += nth - 1
            extent.operations = max(extent.operations, nth - 1)


def _sent_again(dealer: Dealer) -> list[str]:
    """A batch in quarantine waits for a person, whom `status` sends to `batch retry`."""
    [(batch,)] = [
        row for stream in dealer.streams() for row in dealer.asked_state(
            "SELECT batch_id FROM batches WHERE state = 'quarantined' AND stream_id = ?", stream)
    ]  # fmt: skip
    life = dealer.command("batch", "retry", batch)
    return [] if life.status == 0 else [f"batch retry ended with {told(life)}: {life.out[-300:]}"]


# Batches that become forbidden while they are in flight ---------------------------------------------------------------


def _quiet(dealer: Dealer, sql: str) -> None:
    with closing(sqlite3.connect(dealer.dms)) as db, db:
        db.execute(sql)
        refused = db.execute("SELECT CUST_NO FROM CUSTOMER WHERE OPT_OUT = 'Y'").fetchall()
    dealer.mark, dealer.barred = independent.last_operation(dealer.receiver), [number for (number,) in refused]


def in_flight(dealer: Dealer, fault: str) -> None:
    """A data batch is announced and meets this network; then everybody in it refuses."""
    with network(dealer) as proxy:
        _quiet(dealer, "UPDATE CUSTOMER SET OPT_OUT = 'N'")
        problems = ran(dealer)
        _quiet(dealer, "UPDATE REPAIR_ORDER SET ODOMETER_IN = ODOMETER_IN + 1")
        proxy.let(fault, "/v1/batches", 0)
        life = dealer.run()
        assert not problems, problems
        assert life.status == 4, life.out
        assert proxy.fired
    _quiet(dealer, "UPDATE CUSTOMER SET OPT_OUT = 'Y' WHERE CUST_NO % 3 > 0")


def met_by(proxy: Proxy, fault: str) -> Scenario:
    """A run whose first push meets this answer."""

    def prepare(dealer: Dealer, turn: int) -> None:
        proxy.let("")
        dealer.ask_at(proxy.url)
        dealer.change(turn)
        proxy.let(fault, "/v1/batches", 1)

    def again(dealer: Dealer) -> list[str]:
        proxy.let("")
        if dealer.asked_state("SELECT 1 FROM batches WHERE state = 'quarantined'"):
            return _sent_again(dealer) + ran(dealer)
        return ran(dealer)

    return Scenario(f"a push is {fault}", prepare, lambda dealer, plan: dealer.run(plan), again)


def renamed_column() -> Scenario:
    """A dataset that is refused alone, until the DMS is as it was approved."""
    alter = "ALTER TABLE REPAIR_ORDER RENAME COLUMN"

    def prepare(dealer: Dealer, turn: int) -> None:
        dealer.ask_at(dealer.oem.url)
        dealer.change(turn)
        _quiet(dealer, f'{alter} "OPEN_DT" TO "OPENED"')

    def again(dealer: Dealer) -> list[str]:
        _quiet(dealer, f'{alter} "OPENED" TO "OPEN_DT"')
        return ran(dealer)

    return Scenario("a column has another name", prepare, lambda dealer, plan: dealer.run(plan), again)
