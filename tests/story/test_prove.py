"""One record, proven long after our copy of it is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.core import merkle
from agent.errors import SealError
from agent.state import outbox
from agent.tasks.proof import prove_line, prove_number
from tests.story.world import OEM, world


def test_a_record_the_oem_hands_back_is_proven_and_a_changed_one_is_not(tmp_path: Path) -> None:
    with world(tmp_path, customers=12) as made:
        made.approve()
        made.enroll()
        made.run()
        with made.desk.state.reading() as tx:
            batch = next(one for one in outbox.batches(tx) if one.kind == "data" and one.lines > 3)
        assert batch.content is None, "our copy went with the receipt"
        with made.oems[OEM].house.store.reading() as db:
            rows = db.execute(
                "SELECT line FROM operations WHERE stream_id = ? AND epoch = ? AND seq = ? ORDER BY line_no",
                (batch.stream_id, batch.epoch, batch.seq),
            ).fetchall()
        lines = [bytes(row[0]) for row in rows]
        assert len(lines) == batch.lines
        for number, line in enumerate(lines, 1):
            proof = prove_line(made.desk, batch, line + b"\n")
            assert proof == prove_number(made.desk, batch, number)
            root = bytes.fromhex(proof.merkle_root.removeprefix("sha256:"))
            path = [bytes.fromhex(one) for one in proof.path]
            assert merkle.check_path(merkle.leaf_hash(line), proof.index, proof.size, path, root)
            assert proof.receipt
        with pytest.raises(SealError) as refused:
            prove_line(made.desk, batch, lines[0].replace(b'"', b"'", 1))
        assert refused.value.code == "FG-K60"
        with pytest.raises(SealError):
            prove_number(made.desk, batch, batch.lines + 1)
