"""Reading stops before the outbox or the disk is full, and says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent.errors import Retry, StateError
from agent.state import outbox, streams
from agent.tasks.budget import WARN_AT, refuse_full, used
from tests.tasks.server import Server


@pytest.fixture
def server(tmp_path: Path) -> Server:
    (tmp_path / "server").mkdir()
    made = Server(tmp_path / "server")
    with made.desk.state.transaction() as tx:
        streams.open_stream(tx, "7f3a", "01", "example-motors-na", "customer-crm")
    return made


def body(size: int) -> outbox.Body:
    return outbox.Body(
        stream_id="7f3a", kind="data", dataset="customers", policy_sha256="x", page_id=1, lines=1, size=size,
        window_from="", window_to="", choices_n=0, body_key=b"k", body=bytes(size), prepared_at="",
    )  # fmt: skip


def test_a_full_outbox_refuses_the_next_page_and_an_emptier_one_does_not(server: Server) -> None:
    limits = server.config.limits.model_copy(update={"outbox_mb": 1})
    config = replace(server.config, limits=limits)
    with server.desk.state.transaction() as tx:
        outbox.enqueue(tx, body(800 * 1024))
        assert used(tx, config) > WARN_AT
        refuse_full(tx, config)
        outbox.enqueue(tx, body(300 * 1024))
        with pytest.raises(StateError) as refused:
            refuse_full(tx, config)
    assert refused.value.code == "FG-T21"
    assert refused.value.retry is Retry.LATER
