"""`policy check|show|schema` on the officer's own PC: text, --json and exit codes; no agent, state or network."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from agent.cli import policy

ROOT = Path(__file__).parents[2]
# A contract far ahead, so that the test does not end with it.
CRM = (ROOT / "field_policies/customer-crm.yaml").read_text().replace("2027-", "2099-")
WORK_PHONE = "  work_phone: not needed for this purpose\n"


@dataclass
class Done:
    code: int
    out: str

    def json(self) -> Any:
        return json.loads(self.out)


def fieldgate(*args: object) -> Done:
    app = typer.Typer()
    policy.register(app)
    result = CliRunner().invoke(app, ["policy", *map(str, args)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Done(result.exit_code, result.output)


@pytest.fixture
def pc(tmp_path: Path) -> Path:
    (tmp_path / "customer-crm.yaml").write_text(CRM)
    shutil.copytree(ROOT / "field_policies/requests", tmp_path / "requests")
    return tmp_path


def test_a_good_policy_is_told_what_comes_next(pc: Path) -> None:
    done = fieldgate("check", pc / "customer-crm.yaml")
    assert done.code == 0
    assert done.out == (
        "customer-crm.yaml: ok, no problems.\n  Next: fieldgate policy submit customer-crm.yaml --key KEY\n"
    )


def test_a_request_that_is_not_at_hand_is_noted_and_not_passed_over(pc: Path) -> None:
    shutil.rmtree(pc / "requests")
    done = fieldgate("check", pc / "customer-crm.yaml")
    assert done.code == 0
    assert "warning[P051]: example-motors-na/crm-2026.2 is not at hand" in done.out
    assert "customer-crm.yaml: ok, no problems. 1 to note." in done.out


def test_a_bad_policy_exits_1_with_each_problem_in_80_columns(pc: Path) -> None:
    bad = pc / "bad.yaml"
    bad.write_text(CRM.replace("column: DELIVERY_DT", "column: APR").replace("regime: opt_out", "regime: yes"))
    done = fieldgate("check", bad)
    assert done.code == 1
    assert "error[P020]: nonpublic: `APR`" in done.out
    assert "error[P013]: `yes` is not one of the allowed words" in done.out
    assert "bad.yaml: 2 problems." in done.out
    assert max(map(len, done.out.split("\n"))) <= 80


def test_json_and_github_say_the_same(pc: Path) -> None:
    bad = pc / "bad.yaml"
    bad.write_text(CRM.replace("column: DELIVERY_DT", "column: APR"))
    for flag in (("--json",), ("--format", "json")):
        done = fieldgate("check", bad, *flag)
        assert done.code == 1
        said = done.json()
        assert said["ok"] is False
        assert [p["code"] for p in said["problems"]] == ["P020"]
    line = said["problems"][0]["line"]
    done = fieldgate("check", bad, "--format", "github")
    assert done.code == 1
    assert done.out.startswith(f"::error file=bad.yaml,line={line},")
    assert done.out.count("\n") == 1


def test_an_unanswered_field_of_the_request_is_a_problem(pc: Path) -> None:
    (pc / "customer-crm.yaml").write_text(CRM.replace(WORK_PHONE, ""))
    done = fieldgate("check", pc / "customer-crm.yaml", "--json")
    assert done.code == 1
    assert [p["code"] for p in done.json()["problems"]] == ["P051"]


def test_two_files_are_held_against_each_other(pc: Path) -> None:
    other = pc / "other.yaml"
    other.write_text(CRM.replace("policy: customer-crm", "policy: other"))
    assert fieldgate("check", pc / "customer-crm.yaml", other).code == 0
    other.write_text(CRM)
    done = fieldgate("check", pc / "customer-crm.yaml", other, "--json")
    assert done.code == 1
    assert [(p["code"], p["file"]) for p in done.json()["problems"]] == [("P052", "other.yaml")]


def test_an_inventory_finds_columns_the_database_lacks(pc: Path) -> None:
    inventory = ROOT / "tests/policies/inventory.json"
    assert fieldgate("check", pc / "customer-crm.yaml", "--inventory", inventory).code == 0
    (pc / "customer-crm.yaml").write_text(CRM.replace("EMAIL1", "EMAIL_1"))
    done = fieldgate("check", pc / "customer-crm.yaml", "--inventory", inventory)
    assert done.code == 1
    assert "nearest: EMAIL1" in done.out
    assert fieldgate("check", pc / "customer-crm.yaml", "--inventory", pc / "customer-crm.yaml").code == 2


def test_a_code_is_explained_and_an_unknown_one_is_a_usage_error() -> None:
    done = fieldgate("check", "--explain", "P031")
    assert done.code == 0
    assert done.out.startswith("P031: this column is not in the database")
    assert fieldgate("check", "--explain", "P31").code == 2
    assert fieldgate("check", "--explain", "P031", "--json").json()["code"] == "P031"


def test_usage_errors_exit_2(pc: Path) -> None:
    assert fieldgate("check").code == 2
    assert fieldgate("check", pc / "none.yaml").code == 2
    assert fieldgate("check", pc).code == 2


def test_show_says_what_leaves_what_is_declined_and_what_never_can(pc: Path) -> None:
    done = fieldgate("show", pc / "customer-crm.yaml")
    assert done.code == 0
    for said in ("for marketing", "SENT       customers", "DECLINED", "NEVER", "lease end", "pass it on to nobody"):
        assert said in done.out
    assert max(len(line) for line in done.out.split("\n") if not line.startswith("Digest")) <= 80
    assert fieldgate("show", pc / "customer-crm.yaml", "--json").json()["version"] == 4


def test_schema_describes_the_records_of_each_dataset(pc: Path) -> None:
    done = fieldgate("schema", pc / "customer-crm.yaml")
    assert done.code == 0
    assert set(done.json()) == {"customers", "vehicles", "vehicle_sales", "service_visits"}
    assert done.json()["customers"]["properties"]["postal_code"]["maxLength"] == 3


def test_a_file_of_many_megabytes_is_refused_without_being_read(pc: Path) -> None:
    big = pc / "big.yaml"
    with big.open("wb") as handle:
        handle.truncate(500_000_000)  # a hole in the file: it takes no room on the disk
    done = fieldgate("check", big)
    assert done.code == 1
    assert "error[P001]" in done.out
