"""The OpenAPI file describes the receiver that is here: its paths, its methods, its refusals, and what it answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from starlette.routing import Route

from agent.core.answers import PROBLEMS, TYPE_PREFIX
from agent.receiver.app import build_app
from agent.receiver.serve import Running
from tests.receiver.fake_dealer import Dealer, problem_of

SPEC: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "docs" / "openapi.yaml").read_text("utf-8"))


def test_it_names_every_path_and_method_and_no_other(receiver: Running) -> None:
    served = {
        (route.path, method.lower())
        for route in build_app(receiver.house).routes
        if isinstance(route, Route) and route.path.startswith("/v1/")
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert served == {(path, method) for path, item in SPEC["paths"].items() for method in item}
    assert len(served) >= 8


def test_it_names_every_problem_type() -> None:
    told = SPEC["components"]["schemas"]["Problem"]["properties"]["type"]["enum"]
    assert told == [TYPE_PREFIX + name for name in PROBLEMS]


def test_every_reference_points_somewhere() -> None:
    found = re.findall(r"#/([^']+)'", repr(SPEC))
    assert len(found) > 20
    for reference in found:
        at: Any = SPEC
        for part in reference.split("/"):
            at = at[part]


def test_whatever_is_sent_the_answer_is_one_the_file_knows(new_dealer: Callable[..., Dealer]) -> None:
    """A hostile sender on every path: a refusal of the table or a promised success, never a stack trace."""
    dealer = new_dealer()
    tried = 0
    bodies = (b"", b"{}", b"x" * 300, b"\xff\x00", b"[" * 2000, b'{"spec":1,"kind":"roll","kid":"x"}')
    tokens = ("", "Fieldgate a.b.c", "Bearer x", "Fieldgate " + "A" * 9000)
    for path, item in SPEC["paths"].items():
        real = path.replace("{stream_id}", "stream-0001")
        for method in item:
            for body in bodies if method == "post" else (b"",):
                for token in tokens:
                    answer = dealer.http.request(
                        method.upper(),
                        real,
                        content=body,
                        headers={"authorization": token, "fieldgate-manifest": token},
                    )
                    tried += 1
                    if answer.status_code >= 400:
                        assert problem_of(answer) in PROBLEMS, (method, path)
                    else:
                        assert str(answer.status_code) in item[method]["responses"]
    assert tried > 60
