"""`fieldgate receiver` as a person types it: text, --json, exit status, and what it refuses."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from agent.cli import receiver as commands
from agent.core import seal
from agent.errors import ConfigError, FieldgateError
from agent.receiver.serve import start_in_thread
from tests.core import wire_samples
from tests.receiver.fake_dealer import Dealer, close_clients, problem_of, upsert


def fieldgate(*args: object) -> Result:
    app = typer.Typer()
    commands.register(app)
    done = CliRunner().invoke(app, ["receiver", *map(str, args)])
    if isinstance(done.exception, FieldgateError):
        raise done.exception
    return done


def as_json(*args: object) -> Any:
    return json.loads(fieldgate(*args, "--json").stdout)


@pytest.fixture
def oem(tmp_path: Path) -> Path:
    """A receiver that has taken two records and refused a gap."""
    folder = tmp_path / "oem"
    token = as_json("enroll-token", "--dir", folder, "--dealer-code", "EX1234")["token"]
    running = start_in_thread(folder)
    dealer = Dealer(running.url, running.ca_file)
    assert dealer.enroll(token).status_code == 201
    dealer.post(upsert(1) + upsert(2))
    assert problem_of(dealer.send(dealer.sealed(upsert(3), seq=5))) == "gap"
    close_clients(running.url)
    running.stop()
    return folder


def test_a_token_is_shown_once_with_whose_turn_it_is(tmp_path: Path) -> None:
    said = fieldgate("enroll-token", "--dir", tmp_path / "oem", "--dealer-code", "EX1234").stdout.splitlines()
    assert said[0].startswith("fg-")
    assert "14 days" in said[1]
    assert said[-1] == "Next: the dealer runs  fieldgate keys enroll"


def test_a_dealer_code_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        fieldgate("enroll-token", "--dir", tmp_path / "oem", "--dealer-code", "EX 12/34")


def test_status_says_what_is_held_and_what_is_missing(oem: Path) -> None:
    told = as_json("status", "--dir", oem)
    assert told["receiver"] == "example-motors-na"
    assert [(c["dataset"], c["records"]) for c in told["counts"]] == [("customers", 2)]
    assert [(g["expected_seq"], g["got_seq"]) for g in told["gaps"]] == [(2, 5)]
    assert [k["dealer_codes"] for k in told["keys"]] == [["EX1234"]]
    text = fieldgate("status", "--dir", oem).stdout
    assert "GAP" in text
    assert text.splitlines()[-1] == "Next: call the dealer before the next batch"
    assert "mail.example" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_verify_a_receiver(oem: Path) -> None:
    assert as_json("verify", oem)["ok"] is True
    done = fieldgate("verify", oem)
    assert (done.exit_code, done.stdout.split()[0]) == (0, "OK")


def test_verify_a_folder_and_say_what_is_wrong(tmp_path: Path) -> None:
    batch = seal.seal(wire_samples.raw_line(1), wire_samples.claims(), wire_samples.sign)
    body, described = seal.folder_names(batch.manifest)
    (tmp_path / body).write_bytes(gzip.compress(batch.content))
    (tmp_path / described).write_text(batch.jws)
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [dict(wire_samples.JWK)]}))
    done = fieldgate("verify", tmp_path)
    assert done.exit_code == 0
    assert "keys stood beside the files" in done.stdout
    (tmp_path / body).write_bytes(gzip.compress(b""))
    done = fieldgate("verify", tmp_path, "--keys", tmp_path / "keys.json")
    assert done.exit_code == 1
    assert done.stdout.startswith("BROKEN")


@pytest.mark.parametrize("args", [["status", "--dir"], ["verify"]], ids=str)
def test_a_folder_that_is_none_is_refused(tmp_path: Path, args: list[str]) -> None:
    with pytest.raises(ConfigError):
        fieldgate(*args, tmp_path / "nothing")


def test_run_says_where_it_listens_and_ends_at_ctrl_c(tmp_path: Path) -> None:
    # A shell's background job ignores Ctrl-C and hands that down: the suite may run in one.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import typer; from agent.cli import receiver; app = typer.Typer(); receiver.register(app); app()"
    )
    command = [sys.executable, "-c", code, "receiver", "run", "--dir", str(tmp_path / "oem"), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert told["portal"] == told["url"] + "/portal"
        assert Path(told["ca"]).is_file()
        process.send_signal(signal.SIGINT)  # however soon after the words
        assert process.wait(60) == 0
