"""The demo, played whole on a SQLite file: it says what is true, leaves a working folder, and fails when it must."""

from __future__ import annotations

import json
import socket
import sqlite3
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from agent.cli import audit, batch, status
from agent.cli import demo as command
from agent.demo.dms import SHOWCASE, marker, planted
from agent.demo.facts import Facts, as_json
from agent.demo.stage import MARKER, Options, claim_folder
from agent.demo.story import play
from agent.errors import ConfigError

CUSTOMERS = 150


@dataclass
class Listener:
    """A teller without a screen. `on` is called when a line beginning with the key is said."""

    on: dict[str, Callable[[], None]] = field(default_factory=dict)
    bars: bool = False
    lines: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        self.lines.append(line)
        for start, act in self.on.items():
            if line.startswith(start):
                act()

    def progress(self, label: str, done: int, total: int) -> None:
        assert 0 <= done <= max(total, done)


@dataclass
class Played:
    facts: Facts
    lines: list[str]
    folder: Path


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("story") / "demo"
    teller = Listener()
    facts = play(Options("sqlite", CUSTOMERS, folder, seed=5), teller)
    yield Played(facts, teller.lines, folder)


def test_the_demo_passes_and_every_figure_was_counted_in_two_places(played: Played) -> None:
    assert played.facts.differing == ()
    assert played.facts.passed
    assert len(played.facts.checks) > 50
    assert any(line.startswith("PASS") for line in played.lines)


def test_a_screen_of_eighty_ascii_columns_shows_it(played: Played) -> None:
    assert max(len(line) for line in played.lines if str(played.folder) not in line) <= 80
    assert all(line.isascii() and line.isprintable() for line in played.lines)
    assert [line[0] for line in played.lines if line[:1].isdigit()] == list("1234567")


def test_what_sqlite_cannot_prove_is_said(played: Played) -> None:
    facts = played.facts.access
    assert facts is not None
    assert facts.status == "not_enforced"
    assert facts.named_nonpublic == 0
    assert any("NOT PROVEN" in line for line in played.lines)


def test_the_car_maker_hears_of_the_opt_out_before_anything_else(played: Played) -> None:
    facts = played.facts.opt_out
    assert facts is not None
    assert facts.first_ops == ("suppress", "upsert")
    assert facts.suppressed == facts.records > 0
    assert facts.came_back == 0


def test_a_click_at_the_portal_stops_the_dealer_too(played: Played) -> None:
    facts = played.facts.click
    assert facts is not None
    assert facts.held > 0
    assert facts.to_do == 1


def test_four_attempts_are_refused_each_beside_its_innocent_half(played: Played) -> None:
    facts = played.facts.cheats
    assert facts is not None
    assert [one.code for one in facts.attempts] == ["P020", "P024", "A001", "digest_mismatch"]
    assert all(one.outcome == "refused" and one.innocent and one.nothing_read for one in facts.attempts)


def test_the_search_saw_every_marker_and_all_forms(played: Played) -> None:
    facts = played.facts.searched
    assert facts is not None
    assert facts.found == 0
    assert facts.markers == facts.markers_expected > CUSTOMERS // 4
    assert facts.forms_seen == facts.forms
    assert facts.planted == sum(1 for _ in planted(5, CUSTOMERS))
    assert {"car maker: records", "outbox, decrypted", "state file", "audit record", "access record", "logs"} <= set(
        facts.places
    )


def test_the_json_document_tells_the_same_story(played: Played) -> None:
    document = json.loads(json.dumps(as_json(played.facts)))
    assert document["verdict"] == "PASS"
    assert all(check["same"] for check in document["checks"])
    assert document["run"]["records"] > 0


def test_the_folder_that_is_left_works_with_the_ordinary_commands(played: Played) -> None:
    app = typer.Typer()
    for noun in (status, audit, batch):
        noun.register(app)
    config = ["--config", str(played.folder / "agent.yaml")]
    assert CliRunner().invoke(app, ["status", *config]).exit_code == 0
    verified = CliRunner().invoke(app, ["audit", "verify", *config])
    assert (verified.exit_code, verified.output.split()[0]) == (0, "INTACT")
    listed = CliRunner().invoke(app, ["batch", "list", "--json", *config])
    assert played.facts.run is not None
    assert len(json.loads(listed.output)["batches"]) >= played.facts.run.batches


def car_maker_answers(folder: Path) -> bool:
    """Whether it is still this demo's, by its certificate: its port may have gone to somebody else."""
    place = ("127.0.0.1", int((folder / "oem" / "port").read_text()))
    trust = ssl.create_default_context(cafile=str(folder / "oem" / "ca.pem"))
    try:
        with socket.create_connection(place, 10) as line, trust.wrap_socket(line, server_hostname=place[0]):
            return True
    except OSError:
        return False


def test_nothing_is_left_running(played: Played) -> None:
    assert not car_maker_answers(played.folder)


def test_ctrl_c_in_the_middle_stops_what_was_started(tmp_path: Path) -> None:
    folder = tmp_path / "demo"

    def interrupt() -> None:
        assert car_maker_answers(folder), "innocent half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play(Options("sqlite", 40, folder), Listener({"1  ": interrupt}))
    assert not car_maker_answers(folder)
    with sqlite3.connect(folder / "state" / "fieldgate.db") as db:  # nobody holds it
        db.execute("BEGIN EXCLUSIVE")
    db.close()


def test_leaks_that_somebody_else_leaves_in_logs_and_temporary_files_fail_the_demo(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    ssn, account = (next(v.value for v in planted(5, 60) if v.kind == kind) for kind in ("ssn", "account"))

    def leak() -> None:
        with (folder / "logs" / "fieldgate.log").open("a") as log:
            log.write(f'{{"event":"x","row":"{marker(SHOWCASE)}"}}\n')
        (folder / "tmp" / "dump").write_bytes(ssn.replace("-", "").encode("utf-16-le"))
        with sqlite3.connect(folder / "state" / "other.db") as db:
            db.execute("CREATE TABLE t (c)")
            db.execute("INSERT INTO t VALUES (?)", (account.encode().hex(),))
        db.close()

    teller = Listener({"6  ": leak})
    facts = play(Options("sqlite", 60, folder, seed=5), teller)
    assert not facts.passed
    assert facts.searched is not None
    assert {(one.place, one.form) for one in facts.searched.leaks} == {
        ("temporary files", "without separators in UTF-16"),
        ("state file", "hex"),
    }
    assert "markers in logs that do not belong there" in {check.what for check in facts.differing}
    said = "\n".join(teller.lines)
    assert "FAIL" in said
    assert "PASS" not in said
    assert ssn not in said
    assert account not in said


@pytest.mark.parametrize("stranger", ["notes.txt", ".profile"])
def test_a_folder_that_no_demo_made_is_refused_and_left_alone(tmp_path: Path, stranger: str) -> None:
    (tmp_path / stranger).write_text("mine")
    with pytest.raises(ConfigError):
        play(Options("sqlite", 40, tmp_path), Listener())
    assert [p.name for p in tmp_path.iterdir()] == [stranger]


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    real = tmp_path / "real"
    claim_folder(real)
    (real / "kept").write_text("x")
    link = tmp_path / "link"
    link.symlink_to(real)
    with pytest.raises(ConfigError):
        claim_folder(link)
    assert (real / "kept").exists()


def test_its_own_earlier_folder_is_made_new(tmp_path: Path) -> None:
    folder = claim_folder(tmp_path / "demo")
    (folder / "old").write_text("x")
    assert claim_folder(folder) == folder
    assert [p.name for p in folder.iterdir()] == [MARKER]


def test_the_command_refuses_an_engine_it_does_not_know(tmp_path: Path) -> None:
    app = typer.Typer()
    command.register(app)
    assert CliRunner().invoke(app, ["--dms", "oracle", "--dir", str(tmp_path / "d")]).exit_code == 2
    assert not (tmp_path / "d").exists()
