"""A small dealership for bad input: one store, one dataset, a real receiver over HTTPS, and the real command line.

A built house is a folder; `House.at` opens a copy of it, so that each cause breaks a house of its own.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import agent.cli
from agent import config
from agent.cli import doctor as doctor_command
from agent.cli.app import app
from agent.demo import servers
from agent.demo.dms import tables
from agent.demo.engine import Engine
from agent.receiver import serve
from agent.state.store import State, open_state
from agent.tasks.check import check_house
from agent.tasks.desk import open_desk
from tests.officers import POLICY
from tests.ports import own_port
from tests.story.world import OEM, World

# Stands in every text cell of one customer; whoever repeats a row or a driver's text repeats it.
CANARY = "Canary7731Value"
_ERROR = re.compile(r"fieldgate: (.*)\n  (\S+)   who must act: (.*)\n  do: (.*)\n")

if not any(command.callback is doctor_command.doctor for command in app.registered_commands):
    doctor_command.register(app)


@dataclass(frozen=True)
class Said:
    """One error as a person reads it."""

    what: str
    code: str
    who: str
    do: str


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def errors(self) -> list[Said]:
        return [Said(*found) for found in _ERROR.findall(self.err)]

    @property
    def plain(self) -> str:
        """Everything it printed, without blanks and the line breaks of an 80-column screen."""
        return "".join((self.out + self.err).split())


def cli(*argv: str, stdin: str = "") -> Ended:
    """The real command line, in this process."""
    out, err = io.StringIO(), io.StringIO()
    before, sys.argv, sys.stdin = (sys.argv, sys.stdin), ["fieldgate", *argv], io.StringIO(stdin)
    status = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            agent.cli.main()
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1 if ended.code else 0
    finally:
        sys.argv, sys.stdin = before
    return Ended(status, out.getvalue(), err.getvalue())


_MAIN = """
from agent.cli import doctor, main
from agent.cli.app import app
if not any(command.callback is doctor.doctor for command in app.registered_commands):
    doctor.register(app)
main()
"""


def cli_apart(*argv: str, wrap: tuple[str, ...] = (), env: dict[str, str] | None = None) -> Ended:
    """The same in a process of its own, behind a command such as setpriv."""
    done = subprocess.run(
        [*wrap, sys.executable, "-c", _MAIN, *argv],
        capture_output=True, text=True, timeout=120, env=os.environ | (env or {}), stdin=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2], check=False,
    )  # fmt: skip
    return Ended(done.returncode, done.stdout, done.stderr)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def policy_text(schema: str, *, version: int = 1, ends_on: dt.date | None = None) -> str:
    """The officers' policy for this engine; it ends in 200 days, whenever that is."""
    until = ends_on or now().date() + dt.timedelta(days=200)
    text = POLICY.format(version=version, recipient=OEM, name="customer-crm").replace("dbo.", f"{schema}.")
    return text.replace("2027-06-30", f"{until}").replace("2027-03-31", f"{until - dt.timedelta(days=10)}")


@dataclass
class House:
    folder: Path  # of the agent
    engine: Engine
    oem: serve.Running
    changed: dict[str, str] = field(default_factory=dict)  # text of agent.yaml -> what stands there instead

    @property
    def yaml(self) -> Path:
        return self.folder / "agent.yaml"

    @property
    def state_file(self) -> Path:
        return self.folder / "state" / "fieldgate.db"

    @property
    def policy(self) -> Path:
        return self.folder / "policies" / "customer-crm.yaml"

    def key(self, name: str) -> Path:
        from agent.keys.store import file_name

        return self.folder / "keys" / file_name(name)

    def run(self) -> Ended:
        return cli("run", "--once", "--config", str(self.yaml))

    def status(self) -> Ended:
        return cli("status", "--config", str(self.yaml))

    def doctor(self, *options: str) -> Ended:
        return cli("doctor", "--config", str(self.yaml), *options)

    @contextlib.contextmanager
    def yaml_with(self, **changes: str) -> Iterator[None]:
        """agent.yaml with one text after another replaced, until the end of the block."""
        before = self.yaml.read_bytes()
        text = before.decode()
        for old, new in changes.items():
            assert old in text, old
            text = text.replace(old, new)
        self.yaml.write_text(text, "utf-8")
        try:
            yield
        finally:
            self.yaml.write_bytes(before)

    @contextlib.contextmanager
    def state(self) -> Iterator[State]:
        opened = open_state(self.state_file)
        try:
            yield opened
        finally:
            opened.close()

    def faults(self) -> tuple[str, ...]:
        """What `check_house` says, with the key that opens waiting bodies."""
        desk = open_desk(config.load(self.yaml), clock=now, actor="check")
        try:
            with desk.state.reading() as tx:
                return check_house(tx, desk.atrest)
        finally:
            desk.state.close()

    def landed(self) -> int:
        """Records the OEM holds."""
        with self.oem.house.store.reading() as db:
            return int(db.execute("SELECT count(*) FROM records").fetchone()[0])

    def written(self) -> bytes:
        """Everything the agent wrote in words: its logs."""
        return b"".join(path.read_bytes() for path in sorted((self.folder / "logs").glob("*")))

    def failures(self) -> str:
        with self.state() as state, state.reading() as tx:
            return json.dumps([list(map(str, row)) for row in tx.rows("select * from failures")])


def world_of(folder: Path, engine: Engine, oem: serve.Running, clock: object = now) -> World:
    return World(folder, engine, {OEM: oem}, clock, limits="{outbox_mb: 16, page_rows: 10}")  # type: ignore[arg-type]


def build(folder: Path, engine: Engine | None = None, *, approved: bool = True) -> None:
    """Make a house under folder: dms (SQLite unless an engine is given), oem, agent. Nothing has been run yet."""
    dms = engine or servers.start("sqlite", folder / "dms")
    dms.load(tables(7, 25))
    put_canary(dms)
    oem = serve.start_in_thread(folder / "oem", name=OEM)
    world = world_of(folder / "agent", dms, oem)
    try:
        world.install()
        if approved:
            world.approve(policy_text(dms.schema))
            world.enroll(stores=("01",))
    finally:
        world.desk.state.close()
        oem.stop()


def put_canary(engine: Engine) -> None:
    quote = "`" if engine.kind == "mariadb" else '"'
    cells = ", ".join(f"{quote}{name}{quote} = '{CANARY}'" for name in ("FIRST_NAME", "LAST_NAME"))
    engine.admin(f"update {engine.table('CUSTOMER')} set {cells}")


@contextlib.contextmanager
def house(built: Path, folder: Path, engine: Engine | None = None) -> Iterator[House]:
    """A copy of a built house, its receiver listening."""
    shutil.copytree(built, folder, dirs_exist_ok=True)
    dms = engine or servers.start("sqlite", folder / "dms")
    oem = serve.start_in_thread(folder / "oem", name=OEM, port=own_port())
    made = House(folder / "agent", dms, oem)
    world = world_of(made.folder, dms, oem)
    world.write_config()
    try:
        yield made
    finally:
        made.oem.stop()
