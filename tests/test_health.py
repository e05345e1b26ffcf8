"""Health is asked often, by people and by monitors: it must not do the same work twice."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from agent.core.approval import approve
from agent.core.policy.strict_yaml import read_tree
from agent.health import health
from agent.tasks.permission import policies_in_force
from tests.tasks.server import Server

PARSED, COUNTED = read_tree.__code__, approve.__code__


def calls_of(work: Any) -> Counter[CodeType]:
    """How often each function of ours ran. Looks on, and changes nothing."""
    seen: Counter[CodeType] = Counter()

    def look(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            seen[frame.f_code] += 1

    sys.setprofile(look)
    try:
        work()
    finally:
        sys.setprofile(None)
    return seen


def test_loading_what_is_permitted_reads_each_policy_once_as_stored_and_once_as_compiled(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.put_in_force()
    server.put_in_force(name="customer-recall")
    seen = calls_of(server.ruleset)
    assert seen[policies_in_force.__code__] == 1
    assert (seen[PARSED], seen[COUNTED]) == (4, 2)


def test_health_loads_what_is_permitted_once_and_reads_each_policy_once_more_for_its_notices(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.put_in_force()
    with server.reading() as tx:
        seen = calls_of(lambda: health(tx, server.config, server.at))
    assert seen[health.__code__] == 1
    assert (seen[PARSED], seen[COUNTED]) == (3, 2)
