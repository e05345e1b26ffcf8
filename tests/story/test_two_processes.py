"""The car maker's receiver is a process of its own, with a database of its own; the dealer's commands are typed as
people type them. Somebody clicks Stop on the portal's page: the next claim suppresses, the clerk's list comes up, grows
old, and is empty when she has done what it says."""

from __future__ import annotations

import csv
import datetime as dt
import html
import http.client
import json
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from agent.core.text import shown
from agent.demo import servers
from agent.demo.dms import tables
from agent.demo.engine import Engine
from agent.receiver.house import open_house
from agent.receiver.serve import Running
from agent.service.supervisor import ReaderChild
from tests.story.house import cli
from tests.story.test_choices_of_two_houses import owner_with_cars, records_of, subject_of
from tests.story.test_into_the_dealers_house import clerk, listed, status
from tests.story.world import OEM, World

_RECEIVER = (
    "import typer; from agent.cli import receiver; app = typer.Typer(); receiver.register(app); app()"  # `fieldgate`
)


class Clock:
    """This machine's clock, which the receiver's process looks at too; `ahead` once the two need not agree."""

    ahead = dt.timedelta(0)

    def __call__(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + self.ahead


@contextmanager
def receiver(folder: Path) -> Iterator[Running]:
    """`fieldgate receiver run` in a process of its own. `house` is a second look at its database."""
    command = [sys.executable, "-c", _RECEIVER, "receiver", "run", "--dir", str(folder), "--name", OEM, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            with closing(open_house(folder)) as house:
                yield Running(told["url"], Path(told["ca"]), folder, house, lambda: None)
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.long),
        pytest.param("mariadb", marks=[pytest.mark.mariadb, pytest.mark.long]),
    ]
)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    kind = request.param
    return servers.start("sqlite", tmp_path / "dms") if kind == "sqlite" else request.getfixturevalue(kind)


@pytest.fixture
def dealership(engine: Engine, tmp_path: Path) -> Iterator[World]:
    engine.load(tables(7, 16))
    with receiver(tmp_path / "oem") as oem, ReaderChild() as reader:
        made = World(tmp_path / "agent", engine, {OEM: oem}, Clock(), limits="{page_rows: 7}", reader=reader)  # type: ignore[arg-type]
        made.install()
        made.approve()
        made.enroll()
        yield made
        made.desk.state.close()


def typed(made: World, *argv: str) -> str:
    ended = cli(*argv, "--config", str(made.config.path))
    assert ended.status == 0, ended.out + ended.err
    return ended.out


def click(made: World, given_name: str, record_id: str, what: str) -> str:
    """As a browser does it: look at the page, follow the customer's link, send the form. What the page then says."""
    oem = made.oems[OEM]
    where = urlsplit(oem.url)
    trust = ssl.create_default_context(cafile=str(oem.ca_file))
    with closing(http.client.HTTPSConnection(where.hostname or "", where.port, timeout=60, context=trust)) as browser:

        def page(method: str, path: str, form: dict[str, str] | None = None) -> str:
            kind = {"content-type": "application/x-www-form-urlencoded", "origin": oem.url} if form else {}
            browser.request(method, path, urlencode(form) if form else None, kind)
            answer = browser.getresponse()
            assert answer.status == 200
            return answer.read().decode()

        [link] = re.findall(
            f"<a href='(/portal[?]id={record_id})'>{re.escape(html.escape(shown(given_name)))}", page("GET", "/portal")
        )
        form = page("GET", link)
        assert f"value='{record_id}'" in form
        assert "<form method=post action=/portal>" in form
        return page("POST", "/portal", {"id": record_id, "channel": what})


def test_a_click_on_the_portals_page_ends_on_the_clerks_desk(dealership: World, tmp_path: Path) -> None:
    made = dealership
    assert typed(made, "run", "--once").startswith("SENT")
    everything = owner_with_cars(made)
    theirs = records_of(made, subject_of(made, everything))
    usable = made.usable()
    email = next(k for k, f in sorted(usable.items()) if k[1] == "customers" and f.get("email") and k not in theirs)
    for key, what in ((everything, "all"), (email, "email")):
        assert "We have stopped" in click(made, str(usable[key]["given_name"]), key[2], what)

    # What waits when the agent hears of it was made before, and would have been sent with it.
    name = "ODOMETER" if made.engine.kind == "mariadb" else '"ODOMETER"'
    made.sql(f"UPDATE {made.table('VEHICLE')} SET {name} = {name} + 1")
    made.extract()
    assert made.waiting() > 0
    before = len(made.lines())
    assert typed(made, "choices", "pull").startswith("HEARD   2 new at the OEM")
    made.deliver()
    new = [(op, (store, dataset, one)) for store, _, op, dataset, one in made.lines()[before:]]
    assert {op for op, key in new if key in theirs} == {"suppress"}
    assert [op for op, _ in new].count("upsert") > 0, "innocent half: the others' records left"
    assert not theirs & set(made.usable())
    made.run()
    assert "email" not in made.usable()[email]
    assert "given_name" in made.usable()[email]

    # Into the dealer's own house: the list, which grows old while nobody does it.
    file = tmp_path / "todo.csv"
    assert typed(made, "choices", "todo", "--csv", str(file)).startswith("TO DO   2 still mailable in the DMS")
    assert [row["days_open"] for row in csv.DictReader(file.read_text("utf-8").splitlines())] == ["0", "0"]
    assert "2 still mailable in the DMS" in " ".join(typed(made, "status").split())
    made.clock.ahead = dt.timedelta(days=5)  # type: ignore[attr-defined]
    made.extract()
    assert [item.days for item in listed(made)] == [5, 5]
    assert (status(made)["dms_open"], status(made)["dms_oldest"]) == (2, "5 days")

    # The clerk does what the file says, and the next reading finds it.
    clerk(made, file.read_bytes())
    made.run()
    assert listed(made) == []
    facts = status(made)
    assert (facts["dms_open"], facts["dms_honored"], facts["dms_p50"], facts["oem_open"]) == (0, 2, "5 days", 0)
    made.check_house()
