"""What the Windows service is made of and can be judged anywhere; the rest runs under Wine in tests/windows."""

from __future__ import annotations

import hashlib
import os
import sys
import zipfile
from pathlib import Path

import pytest

from agent.core.release import Release, write_release
from agent.errors import ConfigError
from agent.keys.acl import service_sid, strangers
from agent.keys.store import open_key_store
from agent.service import windows_service
from agent.service.versions import Shelf, rollback, upgrade, verified
from agent.service.windows_layout import config_file, home, versions
from agent.service.windows_pipe import name_of, whom_it_lets_in
from agent.service.windows_registry import path_with
from tests.service.test_versions import KEY, KEYS, jws

ME = "S-1-5-21-1-2-3-1001"


def test_the_pipe_lets_in_nobody_from_the_network_and_nobody_unknown() -> None:
    sddl = whom_it_lets_in(ME)
    assert sddl.startswith("D:P(D;;GA;;;NU)")  # the refusal stands first, as Windows reads it
    assert strangers("O:SY" + sddl, (ME, service_sid("fieldgate"))) == []
    assert strangers("O:SY" + sddl, ()) == [ME, service_sid("fieldgate")]


def test_each_state_folder_has_a_pipe_of_its_own(tmp_path: Path) -> None:
    one, other = name_of(tmp_path / "a"), name_of(tmp_path / "b")
    assert one != other
    assert one == name_of(tmp_path / "a")
    assert one.startswith("\\\\.\\pipe\\fieldgate-")
    assert len(one) < 256


def test_a_failure_is_forgotten_after_a_day_and_not_at_once() -> None:
    assert max(windows_service._RESTARTS_MS) / 1000 < windows_service._RESET_S
    assert len(windows_service._RESTARTS_MS) == 3
    assert windows_service.ACCOUNT == r"NT SERVICE\fieldgate"  # no person's account, no password


@pytest.mark.skipif(os.name == "nt", reason="Windows is asked there, and no variable")
def test_folders_stand_under_programdata_and_program_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROGRAMDATA", "/data")
    monkeypatch.setenv("PROGRAMFILES", "/programs")
    assert home().as_posix() == "/data/fieldgate"
    assert config_file().as_posix() == "/data/fieldgate/agent.yaml"
    assert versions().as_posix() == "/programs/fieldgate/versions"


def test_the_path_has_our_folder_once_or_not_at_all() -> None:
    path = r"C:\Windows;C:\Program Files\Fieldgate\bin"
    assert (
        path_with(path, r"C:\Program Files\fieldgate\bin", wanted=True) == r"C:\Windows;C:\Program Files\fieldgate\bin"
    )
    assert path_with(path, r"C:\Program Files\fieldgate\bin", wanted=False) == r"C:\Windows"


@pytest.mark.skipif(os.name == "nt", reason="Windows is asked there, and no variable")
def test_an_msi_of_one_version_sees_that_another_is_at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROGRAMFILES", str(tmp_path))
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    Shelf(versions()).versions.mkdir(parents=True)
    Shelf(versions()).point("current", "0.1.1")
    monkeypatch.setattr(sys, "executable", str(versions() / "0.1.0" / "fieldgate.exe"))
    assert windows_service.other_at_work() == "0.1.1"
    monkeypatch.setattr(sys, "executable", str(versions() / "0.1.1" / "fieldgate.exe"))
    assert windows_service.other_at_work() == ""


def test_a_purge_leaves_no_version_but_the_program_that_does_it(tmp_path: Path) -> None:
    place = tmp_path / "Program Files" / "fieldgate"
    for version in ("0.1.0", "0.1.1", ".0.1.2.new"):
        (place / "versions" / version / "_internal").mkdir(parents=True)
    assert windows_service.clear(place, place / "versions" / "0.1.1") == [place / "versions" / "0.1.1"]
    assert [one.name for one in (place / "versions").iterdir()] == ["0.1.1"]
    assert windows_service.clear(place, tmp_path / "unpacked from the zip") == []
    assert not place.exists()


def zipped(folder: Path, version: str) -> Path:
    path = folder / f"fieldgate-{version}-windows-x86_64.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"fieldgate-{version}-windows-x86_64/VERSION", version)
    digest = "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
    release = Release(name="fieldgate", version=version, files={path.name: digest})
    statement = write_release(release, lambda typ, payload: jws.sign(KEY, typ, payload))
    (folder / f"fieldgate-{version}.release").write_text(statement, "utf-8")
    return path


def test_versions_stand_side_by_side_without_links_too(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "fieldgate" / "versions", by_link=False)
    (shelf.versions / "0.1.0").mkdir(parents=True)
    shelf.point("current", "0.1.0")
    file = zipped(tmp_path, "0.2.0")
    assert upgrade(shelf, file, verified(file, KEYS), lambda: "") == ""
    assert (shelf.current, shelf.previous) == ("0.2.0", "0.1.0")
    assert (shelf.versions / "0.2.0" / "VERSION").read_text("utf-8") == "0.2.0"
    assert rollback(shelf, lambda: "") == ""
    assert (shelf.current, shelf.previous) == ("0.1.0", "0.2.0")
    sick = zipped(tmp_path, "0.3.0")
    assert upgrade(shelf, sick, verified(sick, KEYS), lambda: "" if shelf.current == "0.1.0" else "sick") == "sick"
    assert shelf.current == "0.1.0"


@pytest.mark.skipif(os.name == "nt", reason="Windows has it")
def test_dpapi_is_never_replaced_by_something_weaker_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, check=lambda error: error.code == "K006"):
        open_key_store("dpapi", tmp_path)
