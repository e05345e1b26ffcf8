"""How each cause of bad input is made for real, and taken away again: one context manager each."""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from agent import config
from agent.core import receipt
from agent.keys.signing import Signer
from agent.receiver import serve
from agent.receiver.certificates import tls_files
from agent.state import evidence
from agent.tasks.desk import open_desk
from tests.service.test_driver_faults import hanging_driver
from tests.story.house import CANARY, OEM, House, now
from tests.story.nonsense import Answer, standing_before


@contextmanager
def _moved(path: Path) -> Iterator[None]:
    aside = path.with_name(path.name + ".aside")
    path.rename(aside)
    try:
        yield
    finally:
        aside.rename(path)


@contextmanager
def _with_bytes(path: Path, data: bytes) -> Iterator[None]:
    before = path.read_bytes() if path.exists() else None
    path.write_bytes(data)
    try:
        yield
    finally:
        path.unlink() if before is None else path.write_bytes(before)


# agent.yaml ----------------------------------------------------------------------------------------------------------


def no_yaml(house: House) -> AbstractContextManager[None]:
    return _moved(house.yaml)


def yaml_tab(house: House) -> AbstractContextManager[None]:
    return house.yaml_with(**{"keys: {store: file}": "keys:\n\tstore: file"})


def yaml_twice(house: House) -> AbstractContextManager[None]:
    return house.yaml_with(**{"keys: {store: file}": "keys: {store: file}\nkeys: {store: file}"})


def yaml_unknown_key(house: House) -> AbstractContextManager[None]:
    return house.yaml_with(**{"keys: {store: file}": "keys: {store: file}\nskip_screen: yes"})


def yaml_password(house: House) -> AbstractContextManager[None]:
    return house.yaml_with(**{'password: ""': f'password: "{CANARY}"'})


# Database ------------------------------------------------------------------------------------------------------------


@contextmanager
def no_driver_manager(house: House) -> Iterator[None]:
    """The loader finds a libodbc first that is none."""
    hidden = house.folder / "hidden"
    hidden.mkdir()
    (hidden / "libodbc.so.2").touch()
    before = os.environ.get("LD_LIBRARY_PATH")
    os.environ["LD_LIBRARY_PATH"] = str(hidden)
    try:
        yield
    finally:
        if before is None:
            del os.environ["LD_LIBRARY_PATH"]
        else:
            os.environ["LD_LIBRARY_PATH"] = before


def no_driver(house: House) -> AbstractContextManager[None]:
    return house.yaml_with(**{f'"{house.engine.settings.driver}"': '"No Such Driver"'})


@contextmanager
def odbc_tracing(house: House) -> Iterator[None]:
    """Somebody has left the driver manager's trace on: a file of every value that is read."""
    home, before = house.folder / "home", os.environ.get("HOME", "")
    home.mkdir()
    (home / ".odbcinst.ini").write_text("[ODBC]\nTrace = Yes\nTraceFile = /tmp/sql.log\n", "utf-8")
    os.environ["HOME"] = str(home)
    try:
        yield
    finally:
        os.environ["HOME"] = before


@contextmanager
def hung_driver(house: House) -> Iterator[None]:
    """An ODBC driver that is asked to connect and never comes back."""
    built = hanging_driver(house.folder)
    with house.yaml_with(**{f'"{house.engine.settings.driver}"': f'"{built}"'}):
        yield


def no_database_file(house: House) -> AbstractContextManager[None]:
    return house.yaml_with(**{f'"{house.engine.settings.database}"': '"gone.db"'})


@contextmanager
def _renamed(house: House, table: str, column: str, other: str) -> Iterator[None]:
    alter = f"alter table {house.engine.table(table)} rename column"
    house.engine.admin(f'{alter} "{column}" to "{other}"')
    try:
        yield
    finally:
        house.engine.admin(f'{alter} "{other}" to "{column}"')


def unknown_column(house: House) -> AbstractContextManager[None]:
    return _renamed(house, "CUSTOMER", "EMAIL1", "EMAIL_1")


@contextmanager
def unknown_table(house: House) -> Iterator[None]:
    house.engine.admin(f'alter table {house.engine.table("CUSTOMER")} rename to "CUSTOMERS"')
    try:
        yield
    finally:
        house.engine.admin('alter table main."CUSTOMERS" rename to "CUSTOMER"')


@contextmanager
def retyped_column(house: House) -> Iterator[None]:
    alter = f"alter table {house.engine.table('CUSTOMER')}"
    house.engine.admin(f'{alter} rename column "ZIP" to "OLD_ZIP"; {alter} add column "ZIP" integer')
    try:
        yield
    finally:
        house.engine.admin(f'{alter} drop column "ZIP"; {alter} rename column "OLD_ZIP" to "ZIP"')


# Policy --------------------------------------------------------------------------------------------------------------


def policy_edited(house: House) -> AbstractContextManager[None]:
    return _with_bytes(house.policy, house.policy.read_bytes() + b"# a note\n")


def policy_no_yaml(house: House) -> AbstractContextManager[None]:
    return _with_bytes(house.policy, b"\xff\xfe\x00 {" + CANARY.encode())


@contextmanager
def policy_unreadable(house: House) -> Iterator[None]:
    house.policy.chmod(0)
    try:
        yield
    finally:
        house.policy.chmod(0o600)


# Keys ----------------------------------------------------------------------------------------------------------------


def no_persons_key(house: House) -> AbstractContextManager[None]:
    return _moved(house.key("persons"))


def other_persons_key(house: House) -> AbstractContextManager[None]:
    return _with_bytes(house.key("persons"), bytes(32))


def damaged_signing_key(house: House) -> AbstractContextManager[None]:
    return _with_bytes(house.key("signing"), CANARY.encode())


@contextmanager
def open_key_folder(house: House) -> Iterator[None]:
    folder = house.key("persons").parent
    folder.chmod(0o755)
    try:
        yield
    finally:
        folder.chmod(0o700)


# State ---------------------------------------------------------------------------------------------------------------


def no_state(house: House) -> AbstractContextManager[None]:
    return _moved(house.state_file)


@contextmanager
def state_locked(house: House) -> Iterator[None]:
    other = sqlite3.connect(house.state_file, isolation_level=None)
    other.execute("begin immediate")
    try:
        yield
    finally:
        other.close()


@contextmanager
def state_damaged(house: House) -> Iterator[None]:
    """Half of every page in the middle is overwritten, as by a failing disk."""
    with house.state():
        pass  # closing it brings all of the write-ahead log into the file
    whole = house.state_file.read_bytes()
    torn = bytearray(whole)
    for at in range(8 * 4096, len(torn) - 4096, 4096):
        torn[at : at + 2048] = CANARY.encode().ljust(2048, b"\xa5")
    with _with_bytes(house.state_file, bytes(torn)):
        yield
        for rest in ("-wal", "-shm"):
            house.state_file.with_name(house.state_file.name + rest).unlink(missing_ok=True)


@contextmanager
def state_read_only(house: House) -> Iterator[None]:
    with house.state():
        pass
    folder = house.state_file.parent
    modes = {path: path.stat().st_mode & 0o777 for path in (*folder.iterdir(), folder)}
    for path in modes:
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        yield
    finally:
        for path, mode in reversed(modes.items()):
            path.chmod(mode)


@contextmanager
def logs_not_writable(house: House) -> Iterator[None]:
    with house.yaml_with(**{"keys: {store: file}": "keys: {store: file}\nfolders: {logs: blocked}"}):
        (house.folder / "blocked").touch()  # a file stands where the folder should be
        yield


# Machine -------------------------------------------------------------------------------------------------------------


@contextmanager
def clock_set_back(house: House) -> Iterator[None]:
    """The newest audit entry was written by an agent whose clock was three days ahead of today's."""
    with house.state():
        pass
    whole = house.state_file.read_bytes()
    ahead = open_desk(config.load(house.yaml), clock=lambda: now() + dt.timedelta(days=3, hours=1), actor="test")
    with ahead.state.transaction() as tx:
        evidence.append(tx, "paused", ahead.clock(), ahead.actor, recipient="*")
        evidence.append(tx, "resumed", ahead.clock(), ahead.actor, recipient="*")
    ahead.state.close()
    try:
        yield
    finally:
        house.state_file.write_bytes(whole)


# The OEM -------------------------------------------------------------------------------------------------------------


@contextmanager
def oem_gone(house: House) -> Iterator[None]:
    port = int(house.oem.url.rpartition(":")[2])
    house.oem.stop()
    try:
        yield
    finally:
        house.oem = serve.start_in_thread(house.oem.folder, name=OEM, port=port)


def no_such_host(house: House) -> AbstractContextManager[None]:
    return house.yaml_with(**{house.oem.url: "https://nobody.invalid"})


@contextmanager
def other_certificate(house: House) -> Iterator[None]:
    folder = house.folder / "other-ca"
    folder.mkdir()
    with house.yaml_with(**{str(house.oem.ca_file): str(tls_files(folder, now()).ca)}):
        yield


@contextmanager
def expired_certificate(house: House) -> Iterator[None]:
    """Whoever stands at the endpoint shows a certificate of a trusted CA that ended three days ago."""
    folder = house.folder / "expired"
    folder.mkdir()
    made = tls_files(folder, now() - dt.timedelta(days=400))
    with (
        standing_before(house.oem, lambda answer: answer, shows=folder) as url,
        house.yaml_with(**{house.oem.url: url, str(house.oem.ca_file): str(made.ca)}),
    ):
        yield


def other_key(house: House) -> AbstractContextManager[None]:
    """The OEM's certificate is in order, and its key is not the one that agent.yaml pins."""
    return house.yaml_with(**{f"ca: '{house.oem.ca_file}'": f"ca: '{house.oem.ca_file}', pin: 'sha256:{'0' * 64}'"})


def ca_gone(house: House) -> AbstractContextManager[None]:
    return house.yaml_with(**{str(house.oem.ca_file): "nowhere.pem"})


def ca_no_pem(house: House) -> AbstractContextManager[None]:
    return house.yaml_with(**{str(house.oem.ca_file): str(house.yaml)})


@contextmanager
def _before(house: House, change: Callable[[Answer], Answer], *, every: bool = False) -> Iterator[None]:
    with standing_before(house.oem, change, every=every) as url, house.yaml_with(**{house.oem.url: url}):
        yield


_PAGE = (200, "text/html", f"<html>Welcome to {CANARY}</html>".encode())


def html_everywhere(house: House) -> AbstractContextManager[None]:
    return _before(house, lambda _: _PAGE, every=True)


def html_for_batch(house: House) -> AbstractContextManager[None]:
    return _before(house, lambda _: _PAGE)


def json_for_batch(house: House) -> AbstractContextManager[None]:
    return _before(house, lambda _: (201, "application/json", json.dumps({"ok": CANARY}).encode()))


def server_error(house: House) -> AbstractContextManager[None]:
    return _before(house, lambda _: (500, "text/plain", f"Traceback {CANARY}".encode()))


def unknown_answer(house: House) -> AbstractContextManager[None]:
    body = json.dumps({"type": f"urn:example:{CANARY}", "title": CANARY, "status": 418}).encode()
    return _before(house, lambda _: (418, "application/problem+json", body))


def receipt_of_another_key(house: House) -> AbstractContextManager[None]:
    forger = Signer(ec.generate_private_key(ec.SECP256R1()))

    def forged(answer: Answer) -> Answer:
        payload = answer[2].decode().split(".")[1]
        signed = forger.sign(receipt.TYP, base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return answer[0], answer[1], signed.encode()

    return _before(house, forged)


def receipt_of_another_batch(house: House) -> AbstractContextManager[None]:
    first: list[Answer] = []

    def replayed(answer: Answer) -> Answer:
        first.append(answer)
        return first[0]

    @contextmanager
    def two_batches() -> Iterator[None]:
        """What is on its way must be more than one batch: the pages hold ten rows."""
        with _before(house, replayed):
            yield

    return two_batches()
