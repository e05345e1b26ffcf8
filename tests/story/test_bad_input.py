"""Bad input: every cause made for real ends in one line that says who must act and what to run; `status` and `doctor`
say the same line; nothing is half-written, nothing of a row or a driver's text is repeated; and without the cause the
same house runs.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from tests import write_troubleshooting
from tests.story import house, situations
from tests.story.causes import CAUSES, Cause
from tests.story.house import CANARY, Ended, House, Said, cli, cli_apart

# Root passes over permission bits unless it gives that up; anybody else needs nothing in front.
_NOT_ABOVE = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")


def test_without_any_cause_the_house_runs_and_everybody_says_so(fresh: House) -> None:
    ended = fresh.run()
    assert (ended.status, ended.errors) == (0, [])
    assert fresh.status().status == 0
    doctor = fresh.doctor()
    assert (doctor.status, doctor.err) == (0, "")
    assert "No problem found." in doctor.out
    assert fresh.faults() == ()
    assert fresh.landed() == 11


@pytest.mark.parametrize(
    "cause", [pytest.param(one, id=one.name, marks=[pytest.mark.long] if one.long else []) for one in CAUSES]
)
def test_a_cause_ends_in_one_line_and_everybody_says_the_same(
    cause: Cause, built: Path, has_run: Path, tmp_path: Path
) -> None:
    with house.house(has_run if cause.after_a_run else built, tmp_path / "house") as one:
        call = _caller(one, cause)
        before = one.landed()
        with cause.make(one):
            ran = call("run", "--once")
            said = _one_error(ran, cause)
            status, doctor = call("status"), call("doctor", "--json")
            _same_line(said, status, doctor, cause)
            situations.seen(cause.title, ran=ran, doctor=doctor, status=status)
            _says_nothing_foreign(status)
            _says_nothing_foreign(doctor)
            assert CANARY.encode() not in one.written()
        _nothing_half_written(one, before)
        _the_same_house_runs(one)


def _caller(one: House, cause: Cause) -> object:
    yaml = str(one.yaml)
    if not cause.apart:
        return lambda *argv: cli(argv[0], "--config", yaml, *argv[1:])
    wrap = _NOT_ABOVE if os.geteuid() == 0 else ()
    if wrap and shutil.which(wrap[0]) is None:
        pytest.skip("root passes over permissions, and there is no setpriv to give that up")
    return lambda *argv: cli_apart(argv[0], "--config", yaml, *argv[1:], wrap=wrap)


def _one_error(ended: Ended, cause: Cause) -> Said:
    assert "Traceback" not in ended.plain
    assert len(ended.errors) == ended.err.count("fieldgate: ") == cause.errors, ended
    said = ended.errors[0]
    assert (said.code, ended.status, said.who) == (cause.code, cause.exit, cause.who), said
    assert _fits(cause.says, said.what), said.what
    assert _fits(cause.do, said.do), said.do
    _says_nothing_foreign(ended)
    return said


def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\.\.\.", ".*"), text) is not None


def _same_line(said: Said, status: Ended, doctor: Ended, cause: Cause) -> None:
    assert status.status in (1, 3, 4)
    assert "".join(said.what.split()) in status.plain
    findings = [one for one in json.loads(doctor.out)["findings"] if one["verdict"] == "FAIL"]
    assert doctor.status in (1, 4)
    assert all(one["do"] for one in findings)
    same = [one for one in findings if one["code"] == said.code and _fits(cause.says, one["says"])]
    assert {one["leg"] for one in same} == {cause.leg}, findings


def _says_nothing_foreign(ended: Ended) -> None:
    for printed in (ended.out, ended.err):
        assert CANARY not in printed
        assert "Traceback" not in printed
        assert "\x1b" not in printed


def _nothing_half_written(one: House, landed_before: int) -> None:
    assert one.faults() == ()
    assert CANARY not in one.failures()
    assert one.landed() >= landed_before


def _the_same_house_runs(one: House) -> None:
    """Nothing was lost: the OEM ends with every record that may leave."""
    ended = one.run()
    assert (ended.status, ended.errors) == (0, []), ended
    assert one.landed() == 11
    assert one.faults() == ()
    assert one.status().status == 0


def test_the_troubleshooting_guide_says_what_the_tests_say() -> None:
    assert write_troubleshooting.FILE.read_text("utf-8") == write_troubleshooting.text()
