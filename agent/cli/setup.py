"""`setup`: make what the agent needs on this server, asked for one by one, or from a file that answers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import say, say_json, tell
from agent.cli.server import DEFAULT, Config, Json

if TYPE_CHECKING:
    from agent.tasks.guided import Answers, Database

_SAMPLE = """\
# agent.yaml: where things are. Nothing in here can loosen a promise; secrets are names in the key store.
sources:
  dms:
    kind: odbc
    driver: PostgreSQL Unicode          # as `odbcinst -q -d` lists it, or the path of a driver library
    dialect: postgresql                 # sqlserver | postgresql | mariadb | sqlite | generic
    server: 127.0.0.1
    port: 5432
    database: dms
    user: fieldgate_ro
    password: key:dms                   # stored by `fieldgate setup --files-only`, never written here
    zone: America/New_York              # the clock of the DMS
    overlap_s: 5400
stores:
  "01": {dealer_code: EX1234}           # the OEM's code of each rooftop
recipients:
  example-motors-na:
    endpoint: https://dealers.example-motors.example
    proxy: null
    ca: null
keys: {store: file}
schedule: {extract: ["02:15"], deliver_every_m: 5}
limits: {outbox_mb: 2048, page_rows: 5000, statement_s: 60}
folders: {policies: policies, state: state, logs: logs}
"""


def register(app: typer.Typer) -> None:
    app.command("setup")(setup)


def setup(
    config: Config = DEFAULT,
    files_only: Annotated[
        bool,
        typer.Option("--files-only", help="Make agent.yaml, folders, keys and state; ask nothing, connect nowhere."),
    ] = False,
    answers: Annotated[Path | None, typer.Option("--answers", help="A file that answers everything asked.")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the database password from standard input, one line.")
    ] = False,
    send: Annotated[Path | None, typer.Option("--send", help="Folder for the files that others need.")] = None,
    as_json: Json = False,
) -> None:
    """Ask for what it needs, try each thing, make keys and state."""
    if files_only and not config.exists():
        _write_sample(config)
        if as_json:
            say_json({"made": [str(config)], "next": "edit agent.yaml"})
            return
        say(f"MADE   {config}, a sample to edit")
        say(f"Next: dealer IT edits {config}, then: fieldgate setup --files-only")
        return
    if files_only:
        _make_files(config, password_stdin=password_stdin, as_json=as_json)
        return
    _guided(config, answers, send, password_stdin=password_stdin, as_json=as_json)


def _guided(config: Path, file: Path | None, send: Path | None, *, password_stdin: bool, as_json: bool) -> None:
    from agent.cli.server import now
    from agent.core.text import shown
    from agent.errors import ConfigError, DeliveryError
    from agent.tasks import guided
    from agent.tasks.findings import Patient

    if config.exists():
        raise ConfigError(
            "FG-C62", f"{shown(config.name)} is there already", "edit it, then: fieldgate setup --files-only"
        )
    tell = (lambda _: None) if as_json else say
    given = guided.read_answers(file) if file else None
    database = given.database if given else _ask_database()
    password = _password("dms", from_stdin=password_stdin) if database.user else ""
    draft, _ = guided.config_of(
        guided.Answers(database=database, stores={"0": "EXAMPLE"}, recipient="oem", endpoint="https://oem.example"),
        config,
    )
    tell(f"1  Database    ok   {guided.try_database(draft.sources['dms'], password)}")
    stores = given.stores if given else _ask_stores()
    tell(f"2  Stores      ok   {', '.join(f'{shown(s)} is {shown(code)}' for s, code in stores.items())}")
    answers = given or _ask_recipient(database, stores)
    loaded, data = guided.config_of(answers, config)
    findings = guided.try_recipient(loaded, Patient(config, now))
    for one in findings:
        if one.verdict == "FAIL":
            raise DeliveryError(one.code, one.says, one.do, who=one.who)
    reached = next(one.says for one in findings if one.says.startswith(f"{answers.recipient}: "))
    tell(f"3  OEM         ok   {shown(reached, 60)}")
    folder = send or guided.sending_place(config)
    written = guided.files_to_send(loaded, folder)  # before agent.yaml is there: cut short, setup can be said again
    guided.write(loaded, data, password)
    tell(f"4  Keys        ok   made, and the state file; no secret in {shown(config.name, 20)}")
    tell(f"5  To send     ok   {len(written)} files in {shown(str(folder), 48)}")
    if as_json:
        say_json({"made": str(config), "to_send": [{"file": str(path), "for": whom} for path, whom in written]})
        return
    for path, whom in written:
        say(f"     {shown(path.name):<22} to {whom}")
    say("SET UP   Nothing is read or sent yet: that takes signed policies.")
    say("Next: the officers send roll.json and a policy; the DBA sends the names back.")


def _ask_database() -> Database:
    from agent.core.source import SourceSettings
    from agent.core.text import shown
    from agent.dms.odbc import drivers_of_32_bit, installed_drivers
    from agent.dms.windows_sign_in import explained
    from agent.tasks.guided import Database

    say("The DMS database. ODBC drivers here: " + ", ".join(map(shown, installed_drivers())))
    if only_32 := drivers_of_32_bit():
        say(f"Of 32 bit and of no use here: {', '.join(map(shown, only_32))}. Ask their vendor for the 64-bit driver.")
    driver, dialect = typer.prompt("Driver"), typer.prompt("Dialect (sqlserver, postgresql, mariadb, sqlite, generic)")
    server, port = ("", 0) if dialect == "sqlite" else (typer.prompt("Server"), typer.prompt("Port", 0, type=int))
    name = typer.prompt("Database")
    user = "" if dialect == "sqlite" else typer.prompt("Account (empty: the service's own)", "", show_default=False)
    zone = typer.prompt("Time zone of the DMS, such as America/New_York")
    given = Database(driver=driver, dialect=dialect, server=server, port=port, database=name, user=user, zone=zone)
    for line in explained(SourceSettings(name="dms", **given.model_dump(include={"driver", "dialect", "server"}))):
        say(f"  {line}")
    return given


def _ask_stores() -> dict[str, str]:
    stores: dict[str, str] = {}
    while not stores or (store := typer.prompt("Another store (empty: no more)", "", show_default=False)):
        store = store if stores else typer.prompt("Store, as the DMS numbers it")
        stores[store] = typer.prompt("The OEM's code of it")
    return stores


def _ask_recipient(database: Database, stores: dict[str, str]) -> Answers:
    from agent.core.text import shown
    from agent.tasks.guided import Answers
    from agent.tasks.system_proxy import winhttp_proxy

    name = typer.prompt("A short name for the OEM, such as example-motors-na")
    endpoint = typer.prompt("Its endpoint (https://...)")
    ca = typer.prompt("A file with its own certificate authority (empty: the system's)", "", show_default=False)
    if system := winhttp_proxy():
        say(f"  Windows has the proxy http://{shown(system)} for services (WinHTTP)")
    proxy = typer.prompt("A proxy (empty: none)", "", show_default=False)
    return Answers(database=database, stores=stores, recipient=name, endpoint=endpoint, ca=ca, proxy=proxy)


def _make_files(config: Path, *, password_stdin: bool, as_json: bool) -> None:
    from agent import config as settings
    from agent.keys.store import open_key_store
    from agent.tasks.desk import create_home

    loaded = settings.load(config)
    made = create_home(loaded)
    for folder in (loaded.policies, loaded.logs):
        folder.mkdir(parents=True, exist_ok=True)
    store = open_key_store(loaded.key_store, loaded.key_folder)
    wanted = [s.password_key for s in loaded.sources.values() if s.password_key and s.password_key not in store.names()]
    if wanted and (password_stdin or sys.stdin.isatty()):
        for name in wanted:
            store.create(name, _password(name, from_stdin=password_stdin).encode())
        wanted = []
    if as_json:
        say_json({"state": str(loaded.state_file), "made": made, "passwords_missing": wanted})
        return
    say(f"{'MADE' if made else 'KEPT'}   state file {loaded.state_file}")
    say(f"{'MADE' if made else 'KEPT'}   keys in {loaded.key_folder}, readable by this account alone")
    for name in wanted:
        say(f"  the password `{name}` is not in the key store yet")
        say("  do: fieldgate setup --files-only --password-stdin < password-file")
    tell("Next: the officers send roll.json (fieldgate officers import) and a policy (fieldgate policy import).")


def _write_sample(config: Path) -> None:
    from agent.keys import durable

    config.parent.mkdir(parents=True, exist_ok=True)
    text = _SAMPLE
    if sys.platform == "win32":
        text = text.replace(
            "PostgreSQL Unicode          # as `odbcinst -q -d` lists it, or the path of a driver library",
            "PostgreSQL Unicode(x64)     # as `fieldgate preflight` lists it",
        )
    if config.absolute().parent == Path("/etc/fieldgate"):  # installed: what changes stands under /var
        text = text.replace("{store: file}", "{store: file, folder: /var/lib/fieldgate/keys}")
        text = text.replace("state: state, logs: logs", "state: /var/lib/fieldgate/state, logs: /var/log/fieldgate")
    config.absolute().parent.mkdir(parents=True, exist_ok=True)
    durable.write(config, text.encode())


def _password(name: str, *, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt(f"Password of the database account ({name})", hide_input=True))
