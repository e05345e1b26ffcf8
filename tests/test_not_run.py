"""A test that did not run is named, and allowed only by a written reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.not_run import judge, main, read_allowed

ALLOWED = read_allowed(
    "# comment\ntests/a/* | no server: * | cannot be had here\n* | only with --long | --long runs it\n"
)


def test_only_a_line_that_fits_name_and_reason_allows() -> None:
    fine, wrong = judge(
        [
            ("tests/a/test_x.py::one", "no server: PostgreSQL"),
            ("tests/b/test_x.py::two", "no server: PostgreSQL"),
            ("tests/a/test_x.py::three", "could not be bothered"),
            ("tests/b/test_x.py::four", "only with --long"),
        ],
        ALLOWED,
    )
    assert [line.split(" x ")[0] for line in fine] == ["1", "1"]
    assert [line.split("::")[1] for line in wrong] == ["two: no server: PostgreSQL", "three: could not be bothered"]


def test_a_line_without_a_why_is_refused() -> None:
    with pytest.raises((TypeError, ValueError)):
        read_allowed("* | anything\n")
    with pytest.raises(ValueError, match="why"):
        read_allowed("* | anything |  \n")


def test_the_verdict_is_the_exit_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "not-run.json"
    report.write_text(json.dumps([["tests/x.py::t", "only with --long"]]), encoding="utf-8")
    assert main(str(report)) == 0
    report.write_text(json.dumps([["tests/x.py::t", "felt like it"]]), encoding="utf-8")
    assert main(str(report)) == 1
    assert "tests/x.py::t: felt like it" in capsys.readouterr().out
