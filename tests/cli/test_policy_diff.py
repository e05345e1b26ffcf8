"""`policy diff` as an officer reads it on her PC: the look, 80 columns, exit codes."""

from __future__ import annotations

from pathlib import Path

from tests.cli.test_policy import CRM, fieldgate

OLD = CRM
NEW = (
    CRM.replace("version: 4", "version: 5")
    .replace(
        "      sale_id:  ", "      trade_in_vin: {column: TRADE_VIN, category: vin, type: text 17}\n      sale_id:  "
    )
    .replace(
        "      postal_code: {column: ZIP,        category: postal_code, type: text 10, transform: {keep_first: 3}}\n",
        "",
    )
    .replace("about: one record per service visit", "about: each service visit")
)


def files(folder: Path, new: str = NEW) -> tuple[Path, Path]:
    (folder / "old.yaml").write_text(OLD)
    (folder / "new.yaml").write_text(new)
    return folder / "old.yaml", folder / "new.yaml"


def test_more_exits_3_and_says_each_field_with_category_and_purpose(tmp_path: Path) -> None:
    done = fieldgate("diff", *files(tmp_path))
    assert done.code == 3
    assert done.out == (
        "customer-crm   v4  ->  v5 (draft)\n\n"
        "MORE data would leave\n"
        "  + vehicle_sales.trade_in_vin   vin data, for: marketing\n"
        "LESS data would leave\n"
        "  - customers.postal_code        was sent\n"
        "No effect: 1 description\n"
    )


def test_less_and_nothing_exit_0(tmp_path: Path) -> None:
    old, new = files(tmp_path, OLD.replace("keep_first: 3", "keep_first: 2"))
    assert fieldgate("diff", old, new).code == 0
    assert fieldgate("diff", new, old).code == 3
    same = fieldgate("diff", old, old)
    assert (same.code, "No effect" in same.out) == (0, True)


def test_blocked_exits_1_with_line_and_rule(tmp_path: Path) -> None:
    apr = NEW.replace(
        "{column: TRADE_VIN, category: vin, type: text 17}", "{column: APR, category: money, type: integer}"
    )
    done = fieldgate("diff", *files(tmp_path, apr))
    assert done.code == 1
    line = apr[: apr.index("trade_in_vin")].count("\n") + 1
    assert "BLOCKED - this draft cannot be approved\n  ! vehicle_sales.trade_in_vin   nonpublic: `APR`" in done.out
    assert f"line {line}. No policy can allow this. (rule P020)" in done.out
    assert "+ vehicle_sales.trade_in_vin" not in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_a_file_that_is_no_policy_is_blocked(tmp_path: Path) -> None:
    done = fieldgate("diff", *files(tmp_path, NEW.replace("regime: opt_out", "regime: yes")))
    assert done.code == 1
    assert "BLOCKED" in done.out
    assert "fieldgate policy check --explain P013" in done.out


def test_json_says_the_same(tmp_path: Path) -> None:
    told = fieldgate("diff", *files(tmp_path), "--json").json()
    assert [one["what"] for one in told["more"]] == ["vehicle_sales.trade_in_vin"]
    assert [one["what"] for one in told["less"]] == ["customers.postal_code"]
    assert (told["old"]["version"], told["new"]["version"], told["blocked"]) == (4, 5, [])


def test_one_file_needs_the_server(tmp_path: Path) -> None:
    assert fieldgate("diff", files(tmp_path)[0]).code == 2
