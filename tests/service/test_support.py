"""A support bundle holds an allowlist and no canary; a preflight leaves no trace."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from agent.errors import ConfigError
from agent.service.support import write_bundle
from tests.officers import DANA, LEE
from tests.story import breaking, house
from tests.story.breaking import CANARY
from tests.story.house import cli


def test_a_bundle_lists_what_it_holds_and_holds_no_data_and_no_address(built: Path, tmp_path: Path) -> None:
    with house.house(built, tmp_path / "house") as one:
        assert one.run().status == 0
        log = one.folder / "logs" / "fieldgate.log"
        with log.open("a", encoding="utf-8") as lines:  # as an older version, or a hand, may have left it
            lines.write(json.dumps({"event": "x", "row": CANARY}) + f"\n{CANARY}\n")
        file = tmp_path / "bundle.zip"
        ended = cli("support-bundle", "--config", str(one.yaml), "--out", str(file))
        assert ended.status == 0, ended.err
        with zipfile.ZipFile(file) as bundle:
            parts = {name: bundle.read(name) for name in bundle.namelist()}
        assert set(parts) == {"about.json", "doctor.json", "settings.json", "status.json", "state.json", "log.jsonl"}
        assert all(name in ended.out for name in parts)
        assert b'"event": "x"' in parts["log.jsonl"]
        everything = b"".join(parts.values())
        assert CANARY.encode() not in everything
        for hidden in (one.engine.settings.database, str(one.folder), "127.0.0.1", DANA.name, LEE.name):
            assert hidden.encode() not in everything
        assert json.loads(parts["state.json"])["rows"]["batches"] > 0


def test_a_sentence_that_names_a_server_an_account_or_a_folder_goes_without_it(built: Path, tmp_path: Path) -> None:
    with house.house(built, tmp_path / "house") as one, breaking.oem_gone(one), breaking.ca_gone(one):
        assert one.run().status != 0
        told = one.doctor("--json").out + one.status().out
        assert "nowhere.pem" in told, "the innocent half: these sentences do name a place"
        ended = cli("support-bundle", "--config", str(one.yaml), "--out", str(tmp_path / "bundle.zip"))
        assert max(map(len, ended.out.splitlines()[1:])) <= 80
        with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
            everything = b"".join(bundle.read(name) for name in bundle.namelist()).decode()
        for hidden in ("nowhere.pem", "127.0.0.1", str(tmp_path)):
            assert hidden not in everything
        assert "FG-C10" in everything


def test_with_everything_broken_there_is_still_a_bundle(built: Path, tmp_path: Path) -> None:
    with house.house(built, tmp_path / "house") as one:
        one.yaml.write_text("{{{ nonsense", "utf-8")
        file = tmp_path / "bundle.zip"
        assert [name for name, _, _ in write_bundle(one.yaml, file, house.now)] == [
            "about.json", "doctor.json", "left-out.json",
        ]  # fmt: skip
        with pytest.raises(ConfigError, match="FG-C57"):
            write_bundle(one.yaml, file, house.now)


def test_preflight_touches_nothing_and_names_a_driver_that_is_not_there(tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    good = cli("preflight", "--folder", str(tmp_path / "not" / "yet"), "--json")
    legs = {(one["leg"], one["verdict"]) for one in json.loads(good.out)["findings"]}
    assert ("Machine", "ok") in legs
    assert ("ODBC", "ok") in legs
    assert sorted(tmp_path.rglob("*")) == before
    bad = cli("preflight", "--folder", str(tmp_path), "--driver", "Example Driver")
    assert bad.status == 1
    assert "`Example Driver` is not here" in bad.out
    assert all(len(line) <= 80 for line in bad.out.splitlines())
