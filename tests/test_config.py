"""agent.yaml: every problem at once with its line; no key loosens a promise; no secret in the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.config import load
from agent.errors import ConfigError

GOOD = """\
sources:
  dms: {kind: odbc, driver: ODBC Driver 18 for SQL Server, server: dms01, database: DMS, user: fieldgate_ro,
        password: key:dms, dialect: sqlserver, zone: America/New_York, overlap_s: 5400, quiet_hours: "07:00-20:00"}
stores: {"01": {dealer_code: EX1234}, "04": {dealer_code: EX1250}}
recipients:
  example-motors-na: {endpoint: "https://dealers.example-motors.example", proxy: null, ca: null}
keys: {store: file}
"""
PIN = "sha256:" + "5e" * 32


def read(tmp_path: Path, text: str):
    path = tmp_path / "agent.yaml"
    path.write_text(text, "utf-8")
    return load(path)


def refused(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as refusal:
        read(tmp_path, text)
    return refusal.value.what


def test_the_example_of_the_design_is_taken(tmp_path: Path) -> None:
    made = read(tmp_path, GOOD)
    assert made.stores == {"01": "EX1234", "04": "EX1250"}
    assert (made.sources["dms"].password_key, made.sources["dms"].overlap_s) == ("dms", 5400)
    assert made.recipients["example-motors-na"].ca is None
    assert made.state_file == tmp_path / "state" / "fieldgate.db"
    assert (made.limits.page_rows, made.limits.statement_s) == (5000, 60)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("password: key:dms", "password: hunter2", "never stands in this file"),
        ("https://dealers", "http://dealers", "https"),
        ("https://dealers", "ftp://dealers", "https"),
        ("https://dealers.example-motors.example", "http://localhost.evil.example", "https"),
        ('endpoint: "https://dealers.example-motors.example"', "folder: out, endpoint: 'https://x.example'", "either"),
        ('endpoint: "https://dealers.example-motors.example", ', "", "either"),
        ("ca: null", "pin: 'sha256:12'", "pin"),
        ("ca: null", f"pin: ['{PIN}', '{PIN}', '{PIN}']", "pin"),
        ("ca: null", "pin: []", "leave pin: out"),
        ("ca: null", 'pin: ""', "leave pin: out"),
        ('https://dealers.example-motors.example", proxy: null', f"http://127.0.0.1:9\", pin: '{PIN}'", "https"),
        ("proxy: null", f"proxy: 'https://proxy:3128', pin: '{PIN}'", "http://"),
        ("zone: America/New_York", "zone: Gotham", "time zone"),
        ("zone: America/New_York, ", "", "zone"),
        ("overlap_s: 5400, ", "", "overlap_s"),
        ("overlap_s: 5400", "overlap_s: -1", "overlap_s"),
        ('"07:00-20:00"', '"7-20"', "hours"),
        ("kind: odbc", "kind: csv", "kind"),
        ("dealer_code: EX1234", 'dealer_code: ""', "dealer_code"),
        ("keys: {store: file}", "keys: {store: paper}", "store"),
        ("keys: {store: file}", "keys: {store: file}\nlimits: {page_rows: 5001}", "page_rows"),
        ("keys: {store: file}", "keys: {store: file}\nlimits: {statement_s: 0}", "statement_s"),
        ("keys: {store: file}", "keys: {store: file}\nmetrics: {port: 80}", "metrics.port"),
        ("keys: {store: file}", "keys: {store: file}\nmetrics: {textfile: ../etc/passwd}", "metrics.textfile"),
        ("keys: {store: file}", "keys: {store: file}\nschedule: {extract: ['25:00']}", "extract"),
        ("keys: {store: file}", "keys: {store: file}\nkeys: {store: file}", "line"),
        ("stores: {", "stores: &a {", "line"),
        ("example-motors-na:", "Example Motors:", "recipients"),
    ],
)
def test_each_mistake_is_told_with_its_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    said = refused(tmp_path, GOOD.replace(old, new, 1))
    assert told in said
    assert "line " in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    "key",
    ["allow_npi: true", "skip_screen: true", "verify: false", "approvals: off", "insecure: true", "telemetry: true",
     "audit: off", "log_values: true", "trust_env: true", "floor: []"],
)  # fmt: skip
def test_there_is_no_key_that_loosens_a_promise(tmp_path: Path, key: str) -> None:
    assert "not known here" in refused(tmp_path, GOOD + key + "\n")
    assert "not known here" in refused(tmp_path, GOOD.replace("kind: odbc", f"kind: odbc, {key}"))
    assert "not known here" in refused(tmp_path, GOOD.replace("proxy: null", f"proxy: null, {key}"))


def test_one_pin_or_two(tmp_path: Path) -> None:
    def pins(said: str) -> tuple[str, ...]:
        return read(tmp_path, GOOD.replace("ca: null", said)).recipients["example-motors-na"].pin

    other = "sha256:" + "a1" * 32
    assert (pins("ca: null"), pins("pin: null")) == ((), ())
    assert (pins(f"pin: '{PIN}'"), pins(f"pin: ['{PIN}', '{other}']")) == ((PIN,), (PIN, other))


def test_all_problems_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("https://dealers", "http://dealers").replace("kind: odbc", "kind: csv").replace("file}", "x}")
    assert "3 problem(s)" in refused(tmp_path, text)


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a list\n", "\x00", "a: [", "sources: {}\n"])
def test_what_is_no_configuration_ends_in_a_sentence(tmp_path: Path, text: str) -> None:
    assert refused(tmp_path, text)


def test_a_missing_file_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="FG-C01") as refusal:
        load(tmp_path / "agent.yaml")
    assert "fieldgate setup" in refusal.value.advice


def test_plain_http_is_for_this_machine_only(tmp_path: Path) -> None:
    for host in ("127.0.0.1:8080", "localhost", "[::1]:9"):
        made = read(tmp_path, GOOD.replace("https://dealers.example-motors.example", f"http://{host}"))
        assert made.recipients["example-motors-na"].endpoint == f"http://{host}"
