"""Requests made up from docs/openapi.yaml, fitting and unfitting: every answer is one that the file promises."""

from __future__ import annotations

from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from agent.receiver.serve import Running

SPEC = schemathesis.openapi.from_path(Path(__file__).parents[2] / "docs" / "openapi.yaml")
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much]


@schemathesis.serializer("application/x-ndjson", "application/jose")
def _as_it_is(_: object, value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def ask(case: Case, receiver: Running) -> None:
    response = case.call(base_url=receiver.url, verify=str(receiver.ca_file))
    case.validate_response(response, checks=[check for check in CHECKS if not _is_busy(check, response)])


def _is_busy(check: object, response: object) -> bool:
    """503 with `unavailable` is a promised answer; only other 5xx would be a crash."""
    return check is not_a_server_error and getattr(response, "status_code", 0) == 503


@SPEC.parametrize()
@settings(max_examples=6, suppress_health_check=QUIET, deadline=None)
def test_every_answer_is_promised(case: Case, receiver: Running) -> None:
    ask(case, receiver)


@pytest.mark.long
@pytest.mark.timeout(3600)
@SPEC.parametrize()
@settings(max_examples=400, suppress_health_check=QUIET, deadline=None)
def test_every_answer_is_promised_to_many_more(case: Case, receiver: Running) -> None:
    ask(case, receiver)
