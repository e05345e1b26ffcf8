"""What must be true of any bytes at all: judged in time, told in sentences, and nothing nonpublic accepted."""

from __future__ import annotations

import datetime as dt
import time

from agent.core.policy.checks import Facts, check_file, errors_in
from agent.core.policy.problems import as_github, as_json, render
from agent.core.policy.reader import read_policy
from tests.fuzz.naive import accepted_npi, nonpublic

FACTS = Facts(dt.date(2026, 11, 22))
COLUMNS, TABLES = nonpublic()
LIMIT_S = 20.0  # a policy takes a tenth of a second; the rest is for a slow machine
_WIDE = 110  # one name of the file may be long; nothing else is


class FaultError(AssertionError):
    """A file that was handled as none may be."""


def judge(data: bytes) -> tuple[str, ...]:
    """The codes of its problems. Raises FaultError; any other exception is a find as well."""
    started = time.thread_time()  # of the processor: how long others had it is not counted
    checked = check_file(data, "fuzz.yaml", FACTS)
    if time.thread_time() - started > LIMIT_S:
        raise FaultError("took too long")
    text = data.decode("utf-8", "replace")
    lines = text.count("\n") + 1
    for problem in checked.problems:
        told = render(problem, text)
        if not 1 <= problem.line <= lines + 1 or problem.column < 1 or not problem.message or not problem.help:
            raise FaultError(f"{problem.code} points nowhere or says nothing")
        if any(not line.isprintable() or len(line) > _WIDE for line in told.split("\n")):
            raise FaultError(f"{problem.code} is told in a line that a terminal cannot show")
        as_json(problem)
        if "\n" in as_github(problem):
            raise FaultError(f"{problem.code} could forge a second annotation")
    if checked.draft is None and not checked.problems:
        raise FaultError("neither read nor refused")
    read = read_policy(data, "fuzz.yaml")
    if isinstance(read, tuple) and checked.draft is not None:
        raise FaultError("a file with problems of form became a draft")
    if checked.draft is not None and not errors_in(checked.problems):
        npi = accepted_npi(data, COLUMNS, TABLES)
        if npi:
            raise FaultError(f"accepted {npi}")
    return tuple(sorted({problem.code for problem in checked.problems}))
