"""Setting up, one thing after the other, each tried before the next: database, stores, recipient, keys and state, and
the files that others need. What fails is told as `doctor` tells it; nothing is written before the first three hold.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from agent import config as settings
from agent.config import AgentConfig
from agent.core.policy.strict_yaml import read_tree
from agent.core.source import SourceSettings
from agent.core.text import shown
from agent.dms.catalog import print_query
from agent.dms.catalog_sql import CATALOG
from agent.dms.odbc import connect
from agent.errors import ConfigError
from agent.keys import durable
from agent.keys.store import open_key_store
from agent.tasks.desk import create_home
from agent.tasks.doctor_network import network
from agent.tasks.findings import Finding, Patient

PASSWORD_KEY = "dms"  # noqa: S105  the name of a key, not a password
_INSTALLED = Path("/etc/fieldgate")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Database(_Strict):
    """How the DMS is reached; the keys of `sources:` in agent.yaml, without the password."""

    driver: str
    dialect: str
    server: str = ""
    port: int = 0
    database: str = ""
    user: str = ""
    zone: str
    overlap_s: int = 5400


class Answers(_Strict):
    """What `setup` asks, in the order in which it asks; `--answers FILE` has the same keys."""

    database: Database
    stores: dict[str, str]  # store -> the OEM's code of it
    recipient: str
    endpoint: str
    proxy: str = ""
    ca: str = ""


def read_answers(path: Path) -> Answers:
    """A file of answers, for the many rooftops of one group. ConfigError naming what is wrong."""
    try:
        tree = read_tree(path.read_bytes(), str(path))
    except OSError:
        raise ConfigError("FG-C60", f"{path.name} cannot be read", "name another file with --answers") from None
    if tree.problems:
        said = "; ".join(f"line {one.line}: {one.message}" for one in tree.problems)
        raise ConfigError("FG-C61", f"{path.name}: {said}", "correct the file and try again")
    try:
        return Answers.model_validate(tree.root)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        said = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found)
        raise ConfigError("FG-C61", f"{path.name}: {said}", "correct the file and try again") from None


def config_of(answers: Answers, target: Path) -> tuple[AgentConfig, bytes]:
    """agent.yaml for these answers, as a value and as bytes, checked by what reads it later. Writes nothing."""
    source = {"kind": "odbc", **answers.database.model_dump(exclude_defaults=True)}
    source["overlap_s"] = answers.database.overlap_s
    if answers.database.user:
        source["password"] = f"key:{PASSWORD_KEY}"
    recipient = {"endpoint": answers.endpoint, "proxy": answers.proxy or None, "ca": answers.ca or None}
    document = {
        "sources": {"dms": source},
        "stores": {store: {"dealer_code": code} for store, code in answers.stores.items()},
        "recipients": {answers.recipient: recipient},
        **_places(target),
    }
    data = (
        "# Written by `fieldgate setup`.\n" + yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    ).encode()
    return settings.parse(data, target), data


def _installed(target: Path) -> bool:
    return target.absolute().parent == _INSTALLED


def _places(target: Path) -> dict[str, object]:
    if not _installed(target):
        return {"keys": {"store": "file"}}
    return {
        "keys": {"store": "file", "folder": "/var/lib/fieldgate/keys"},
        "folders": {"policies": "policies", "state": "/var/lib/fieldgate/state", "logs": "/var/log/fieldgate"},
    }


def try_database(source: SourceSettings, password: str) -> str:
    """Connect once, as the service will; what to say of it. SourceError or ConfigError as in every run."""
    started = time.monotonic()
    with connect(source, password) as connection:
        account = connection.account()
    return f"connected in {time.monotonic() - started:.2f} s as {shown(account) or 'nobody (no accounts here)'}"


def try_recipient(config: AgentConfig, patient: Patient) -> list[Finding]:
    """Step by step to the OEM, as doctor goes; sends nothing."""
    patient.config = config
    return list(network(patient))


def write(config: AgentConfig, data: bytes, password: str) -> None:
    """agent.yaml, keys, state, folders. A file that is there already is never rewritten."""
    if config.path.exists():
        raise ConfigError(
            "FG-C62", f"{config.path.name} is there already", "edit it, then: fieldgate setup --files-only"
        )
    config.path.parent.mkdir(parents=True, exist_ok=True)
    durable.write(config.path, data)
    create_home(config)
    for folder in (config.policies, config.logs):
        folder.mkdir(parents=True, exist_ok=True)
    store = open_key_store(config.key_store, config.key_folder)
    if password and PASSWORD_KEY not in store.names():
        store.create(PASSWORD_KEY, password.encode())


def sending_place(target: Path) -> Path:
    """Where those files go if nobody says: where the service's account may write, as root works as that account. On
    Windows beside agent.yaml: an administrator's console stands in System32."""
    if os.name == "nt":
        return target.absolute().parent / "to-send"
    return Path("/var/lib/fieldgate/to-send") if _installed(target) else Path("to-send")


def files_to_send(config: AgentConfig, folder: Path) -> list[tuple[Path, str]]:
    """(file, for whom) of what others need before the first run; written into folder."""
    (source,) = config.sources.values()
    query, letter = folder / "for-the-dba.sql", folder / "for-the-officer.txt"
    stores = ", ".join(f"{store} ({code})" for store, code in config.stores.items())
    written = {
        letter: ("the compliance officer", _FOR_OFFICER.format(recipient=", ".join(config.recipients), stores=stores))
    }
    if source.dialect in CATALOG:
        written = {query: ("the DBA", _FOR_DBA + print_query(source.dialect) + "\n")} | written
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, (_, text) in written.items():
            durable.write(path, text.encode())
    except OSError:
        raise ConfigError(
            "FG-C80", f"this account cannot write into {shown(str(folder))}", "name another folder with --send"
        ) from None
    return [(path, whom) for path, (whom, _) in written.items()]


_FOR_DBA = """\
-- For the DBA: one read-only query over the catalog. It shows names of tables and columns, never a value. Send its
-- result back as CSV with a header; dealer IT keeps it with: fieldgate discover --from FILE
-- The account of fieldgate needs nothing yet. What it may read follows from the signed policy: fieldgate grants
"""
_FOR_OFFICER = """\
fieldgate is installed. It reads nothing and sends nothing until you and a second person have signed what may leave.

  recipient   {recipient}
  stores      {stores}

What is needed from you, made on your own PC (the handbook: docs/officers.md):
  1. roll.json, the signed list of who may approve
  2. a field policy and its .approval.json
Send both to dealer IT. Read the digest of the roll to each other on the phone.
"""
