"""The folder of a files source: what counts as arrived, and a file that changes under the reader."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from agent.core.source import ExportTable, SourceSettings
from agent.dms.exports import ExportSession, complete_files, look_at_header, take, taken_set
from agent.errors import ConfigError, SourceError

SPEC = ExportTable("CUSTOMER", "customer*.csv", "csv", ("CUST_NO", "EMAIL1"))


def source(folder: Path, **changed: object) -> SourceSettings:
    settings = {"unchanged_s": 0, **changed}
    return SourceSettings("dms", "", "files", database=str(folder), exports=(SPEC,), **settings)  # type: ignore[arg-type]


def arrive(folder: Path, rows: int = 3, name: str = "customer-1.csv") -> Path:
    path = folder / name
    path.write_text("CUST_NO,EMAIL1\n" + "".join(f"{n},a{n}@x.example\n" for n in range(rows)))
    return path


def claim(settings: SourceSettings, name: str = "set1") -> None:
    take(settings, complete_files(settings, {"CUSTOMER"}), name)


def test_a_set_is_taken_by_rename_and_answers_like_a_database(tmp_path: Path) -> None:
    arrive(tmp_path)
    settings = source(tmp_path)
    claim(settings)
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]
    assert taken_set(settings) == "set1"
    session = ExportSession(settings)
    assert session.rows('SELECT "EMAIL1" FROM "CUSTOMER" WHERE "CUST_NO" > ? ORDER BY 1', ("0",)) == [
        ("a1@x.example",),
        ("a2@x.example",),
    ]
    with pytest.raises(SourceError, match="FG-S46"):
        session.rows('SELECT m."SSN" FROM "CUSTOMER" m')
    arrive(tmp_path, name="customer-2.csv")
    claim(settings, "set2")
    assert taken_set(settings) == "set2"
    assert [p.name for p in (tmp_path / "taken").iterdir()] == ["set2"], "one set supersedes the one before it"
    assert not session.current(settings)


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    arrive(tmp_path, rows=60_000)
    settings = source(tmp_path)
    claim(settings)
    ExportSession(settings).close()  # left alone it is read
    stop = threading.Event()

    def writer() -> None:
        with (tmp_path / "taken" / "set1" / "CUSTOMER.export").open("a") as file:
            while not stop.wait(0.001):
                file.write("9,z@x.example\n")
                file.flush()

    thread = threading.Thread(target=writer)
    thread.start()
    try:
        with pytest.raises(SourceError, match="FG-S45"):
            for _ in range(20):  # until the writer has had a turn in the middle of a reading
                ExportSession(settings).close()
    finally:
        stop.set()
        thread.join()


def test_a_header_that_was_swapped_after_the_look_is_judged_again(tmp_path: Path) -> None:
    path = arrive(tmp_path)
    settings = source(tmp_path)
    look_at_header(SPEC, path)
    path.write_text("CUST_NO,SSN\n1,219-09-9999\n")
    claim(settings)
    with pytest.raises(SourceError, match="FG-S40"):
        ExportSession(settings)


def test_what_has_not_arrived_whole_is_left_alone(tmp_path: Path) -> None:
    path = arrive(tmp_path)
    still = source(tmp_path, unchanged_s=60)
    assert complete_files(still, {"CUSTOMER"}) == {}
    os.utime(path, (time.time() - 61,) * 2)
    assert complete_files(still, {"CUSTOMER"}) == {"CUSTOMER": [path]}
    marked = source(tmp_path, marker=".done")
    assert complete_files(marked, {"CUSTOMER"}) == {}
    path.with_name(path.name + ".done").touch()
    assert complete_files(marked, {"CUSTOMER"}) == {"CUSTOMER": [path]}
    assert complete_files(marked, set()) == {}, "a table that no policy reads is left alone"


def test_a_link_and_a_folder_are_no_export(tmp_path: Path) -> None:
    secret = arrive(tmp_path, name="elsewhere.txt")
    (tmp_path / "customer-2.csv").symlink_to(secret)
    (tmp_path / "customer-3.csv").mkdir()
    assert complete_files(source(tmp_path), {"CUSTOMER"}) == {}


def test_a_folder_that_is_not_there_names_who_must_act(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="FG-C27"):
        complete_files(source(tmp_path / "none"), {"CUSTOMER"})


def test_bytes_that_are_no_text_reach_the_screen_of_values_as_such(tmp_path: Path) -> None:
    (tmp_path / "customer-1.csv").write_bytes(b"CUST_NO,EMAIL1\n1,a\xfdb\n")
    settings = source(tmp_path)
    claim(settings)
    assert ExportSession(settings).rows('SELECT "EMAIL1" FROM "CUSTOMER"') == [("a\ufffdb",)]
