"""One run of the agent in a process of its own, to be killed: agent.yaml, an instant, and whether to compare all."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

from agent import config
from agent.pipeline import deliver_once, extract_once
from agent.service.supervisor import ReaderChild
from agent.state import streams
from agent.tasks import desk as desks
from agent.tasks import enroll
from agent.tasks.access import probe_source


def main() -> None:
    at = dt.datetime.fromisoformat(sys.argv[2])
    desk = desks.open_desk(config.load(Path(sys.argv[1])), clock=lambda: at, actor="storm")
    with desk.state.transaction() as tx:
        streams.forget_head_checks(tx)
    with ReaderChild() as reader:
        extract_once(desk, reader, probe_source, reconcile=sys.argv[3] == "all")
    oem = enroll.connect(desk, "example-motors-na")
    deliver_once(desk, lambda _: oem)
    print("done")


if __name__ == "__main__":
    main()
