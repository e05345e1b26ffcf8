"""The agent is broken at its operations, by kills, full disks, power cuts and networks: a seeded sample here, all of it
by `python -m tests.crash --long`. After each fault the house is whole, and the OEM ends with what an independent query
says."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from tests.crash import network, power, suite
from tests.crash.cells import NEXT, NIGHT, Cell, marks, tried
from tests.crash.dealer import Dealer
from tests.crash.kept import Kept
from tests.crash.shim import Plan
from tests.crash.storm import Storm
from tests.crash.suite import SEED, Found
from tests.crash.sweep import ALL, Extent, Sweep

WHOLE = Extent(3, 3)


def hold(cells: list[Cell]) -> None:
    assert cells, "nothing was tried"
    assert [(cell.effect, cell.fault, cell.at, cell.problems) for cell in cells if cell.problems] == []


def test_a_sample_of_faults_at_operations_of_a_run(one: Dealer) -> None:
    hold(list(suite.sample(one, 8, random.Random(SEED))))


def test_what_was_committed_survives_a_power_cut_behind_its_fsync(one: Dealer) -> None:
    """Claim and settle are the commits that the OEM can hold against us: after them the receiver is ahead of a state
    file that has lost them. The cuts fall right behind an fsync, and nothing that was not synced survives."""
    chance = random.Random(SEED)
    cells: list[Cell | None] = []
    for turn, at in enumerate(chance.sample(range(9, 40), 12)):  # where they stand in a run moves with the product
        cells.append(power.cut(one, NEXT, Plan("s", at, "killed after", record=True), turn, power.NOTHING))
        if len(cells) >= 3 and any(cell and cell.effect in ("claim", "settle") for cell in cells):
            break
    torn = power.cut(one, NEXT, Plan("f", chance.randint(60, 140), "killed before", record=True), 20, power.SOME)
    print([cell and (cell.at, cell.effect) for cell in cells])
    hold([cell for cell in (*cells, torn) if cell])
    assert any(cell and cell.effect in ("claim", "settle") for cell in cells)


def test_a_sample_of_what_a_network_does(one: Dealer) -> None:
    with network.network(one) as proxy:
        faults = ("answer dropped", "truncated", "duplicated at once", "reset in the answer")
        cells = [network.broken(one, proxy, "push", fault, 1, turn, NEXT) for turn, fault in enumerate(faults, 50)]
    hold([cell for cell in cells if cell])


def test_a_fault_behind_the_last_operation_is_no_cell(one: Dealer) -> None:
    """Only a fault that was seen to fire counts."""
    assert tried(one, NEXT, Plan("f", 100_000, "killed before"), 3) is None


def test_a_sweep_hits_each_operation_and_fills_the_disk_before_those_that_need_room() -> None:
    kinds = {1: "w", 2: "s", 3: "c"}
    full, turning = Sweep(NIGHT, "f", ("disk full",)), Sweep(NIGHT, "f", ALL)
    assert [plan and (plan.at, plan.fault) for plan in map(full.plan, kinds, kinds.values())] == [
        (1, "disk full"), None, (3, "disk full"),
    ]  # fmt: skip
    assert {plan.fault for at in range(20) if (plan := turning.plan(at, "w"))} == set(ALL)
    assert all((plan := turning.plan(at, "s")) and plan.fault != "disk full" for at in range(20))


def found(*, cells: list[Cell] | None = None, extent: Extent | None = WHOLE, kills: int = 200) -> Found:
    raged = Storm(kills=kills, batches_at=[1] * kills, batches=9)
    return Found(cells or [], [raged], {"fsyncs": extent}, [1.0], "", [])


def test_the_whole_set_holds_only_if_it_saw_its_end_met_everything_and_killed_often_enough() -> None:
    torn = Cell(NIGHT.name, "claim", "failed", "af1", "exit 1", ["lost"], spec="af1 failed")
    assert found().problems == []
    assert found(cells=[torn]).problems == ["lost"]
    assert found(extent=None).problems == ["fsyncs: not seen to its end"]
    assert found(extent=Extent(3, 3, ["as2 failed"])).problems == ["fsyncs: not met: as2 failed"]
    assert found(kills=199).problems == ["199 kills, 199 in time"]


def test_a_set_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    cell = Cell(NIGHT.name, "claim", "failed", "af1", "exit 1", ["lost"], spec="af1 failed")
    raged = Storm(kills=2, batches_at=[1, 2], batches=3, modes=Counter({"run": 2}))
    first = Kept(tmp_path / "found.jsonl")
    first.add("cell", "writes", cell)
    first.add("whole", "fsyncs", Extent(3, 3, ["as2 failed"]))
    first.add("storm", "0", raged)
    again = Kept(tmp_path / "found.jsonl")
    assert (again.cells, again.whole, again.storms) == (first.cells, first.whole, first.storms)
    assert (again.done("writes"), again.done("fsyncs")) == ({"af1 failed"}, set())
    assert (len(first.sittings), len(again.sittings)) == (1, 2)


_DOUBLE = """
INSERT INTO operations SELECT 1000000 + op_no, stream_id, epoch, seq, 100000 + line_no, dataset, id, op, leaf, line
FROM operations WHERE op_no = (SELECT max(op_no) FROM operations WHERE op = 'upsert')
"""
# One that counts: a person whom the OEM leaves alone as a whole is held there and may not be used, and the ids are
# keyed, so which record comes first is another one in every house.
_ONE = """(SELECT min(r.id) FROM records r WHERE NOT EXISTS (SELECT 1 FROM suppressions s
WHERE s.stream_id = r.stream_id AND s.dataset = r.dataset AND s.id = r.id AND s.channel = 'all'))"""
_MORE = "INSERT INTO records SELECT stream_id, dataset, 'ff', nonce, fields, epoch, seq FROM records LIMIT 1"


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (f"DELETE FROM records WHERE id = {_ONE}", "lost"),
        (f"UPDATE records SET fields = '{{}}' WHERE id = {_ONE}", "other"),
        (_MORE, "too much"),
        (_DOUBLE, "doubled"),
        ("DELETE FROM batches WHERE seq = 1", "gap"),
    ],
)
def test_the_comparison_sees_what_is_wrong_at_the_oem(one: Dealer, tmp_path: Path, sql: str, said: str) -> None:
    """On a copy of the receiver's file; with nothing changed in it there is no difference."""
    copy = tmp_path / "receiver.sqlite"
    with (
        closing(sqlite3.connect(f"file:{one.receiver}?mode=ro", uri=True)) as real,
        closing(sqlite3.connect(copy)) as db,
    ):
        real.backup(db)
        seen = Dealer(one.folder, one.oem, one.zygote, one.evening, other_receiver=copy)
        assert seen.wrong() == []
        with db:
            db.execute("DROP TRIGGER batches_stay")
            db.execute(sql)
    assert any(said in what for what in seen.wrong())


def test_a_few_kills_of_a_real_load(tmp_path: Path) -> None:
    made = suite.small_storm(tmp_path / "house")
    assert made.problems == []
    assert (made.kills, made.before_the_last_receipt >= 6) == (8, True)


def test_each_marked_step_is_named_once_and_every_commit_of_a_run_is_marked() -> None:
    """The steps after which the agent is killed are read from the source: a commit without a name is missed there."""
    names = list(marks().values())
    assert len(names) == len(set(names)) >= 18
    agent = Path(suite.__file__).parents[2] / "agent"
    for file in ("extract", "hear", "claim", "deliver", "heads", "withdraw", "enroll", "access"):
        for number, line in enumerate((agent / "tasks" / f"{file}.py").read_text("utf-8").splitlines(), 1):
            if ".transaction()" in line:
                assert f"tasks/{file}.py:{number}" in marks(), f"{file}.py:{number}: name this commit point"
