"""What a piece of work has on its desk: configuration, state, keys, clock. Opened once by the outermost caller."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from agent.config import AgentConfig
from agent.core.ids import StreamKeys
from agent.errors import FieldgateError, StateError
from agent.keys.atrest import AtRest
from agent.keys.signing import Signer, create_signer, load_signer
from agent.keys.store import KeyStore, check_key, key_check_value, open_key_store
from agent.state import evidence, failures, streams
from agent.state.spoken import Spoken
from agent.state.store import State, Tx, open_state
from agent.tasks import position

_KEY_BYTES = 32
_LASTING = ("atrest", "persons")  # never re-created: a lost person key would un-suppress everybody


@dataclass(frozen=True, slots=True, repr=False)
class Desk:
    config: AgentConfig
    state: State
    store: KeyStore
    atrest: AtRest
    signer: Signer
    checkpoint: Signer
    instance_id: str
    clock: Callable[[], dt.datetime]
    actor: str
    opened_at: dt.datetime  # when this process began its work
    machine: str = ""  # empty: the system does not say, so a clone shows at the OEM only
    spoken: Spoken = field(default_factory=Spoken)

    def now(self) -> str:
        """Now, as it is written into the state file."""
        return instant(self.clock())


def instant(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def open_desk(config: AgentConfig, *, clock: Callable[[], dt.datetime], actor: str, machine: str | None = None) -> Desk:
    """Open state and keys. A lasting key that is missing or another one than before stops everything (SealError)."""
    state = open_state(config.state_file)
    try:
        opened = _opened(config, state, clock, actor)
        opened = replace(opened, machine=position.machine() if machine is None else machine)
        _notice_older(opened)
        with state.reading() as tx:
            failed = "start" in failures.failures(tx)
        if failed:
            with state.transaction() as tx:
                failures.forget(tx, "start")
    except FieldgateError as error:
        with contextlib.suppress(StateError), state.transaction() as tx:
            failures.note(tx, "start", error, instant(clock()))
        state.close()
        raise
    except BaseException:
        state.close()
        raise
    return opened


def _notice_older(desk: Desk) -> None:
    """A state file that lacks what was noted beside the keys is an older copy: nothing leaves until `resync`."""
    with desk.state.reading() as tx:
        older = position.is_older(tx, desk.config, desk.instance_id)
        marked = all(stream.restored for stream in streams.streams(tx))
    if not older or marked:
        return
    with desk.state.transaction() as tx:
        position.mark_restored(tx)
        evidence.append(tx, "state_restored", desk.clock(), desk.actor, n=evidence.head(tx)[0])


def _opened(config: AgentConfig, state: State, clock: Callable[[], dt.datetime], actor: str) -> Desk:
    store = open_key_store(config.key_store, config.key_folder)
    with state.reading() as tx:
        instance_id = _instance(tx)
        if instance_id is None:
            raise StateError(
                "FG-T09", "the state file was never finished: setup was interrupted", "fieldgate setup --files-only"
            )
        if gone := evidence.leaving(tx)[1]:
            raise StateError(
                "FG-T32",
                f"this agent was offboarded on {gone[:10]}, and its keys are destroyed",
                "as root: fieldgate service uninstall --purge; to begin anew after that: fieldgate setup",
            )
        expected = key_check_values(tx)
        signing, checkpoint = (key_in_use(tx, use)[0] for use in ("signing", "checkpoint"))
    for name, value in expected.items():
        check_key(name, store.secret(name), value)
    return Desk(
        config=config,
        state=state,
        store=store,
        atrest=AtRest(store.secret("atrest")),
        signer=load_signer(store, signing),
        checkpoint=load_signer(store, checkpoint),
        instance_id=instance_id,
        clock=clock,
        actor=actor,
        opened_at=clock(),
    )


def key_check_values(tx: Tx) -> dict[str, str]:
    """Name -> key-check value of every key that must never become another one."""
    return {
        str(name)[4:]: str(value) for name, value in tx.rows("select name, value from meta where name like 'kcv:%'")
    }


def key_in_use(tx: Tx, use: str) -> tuple[str, str]:
    """(name in the key store, name of its follower). `use`: signing or checkpoint."""
    row = tx.row("select value from meta where name = ?", (f"key:{use}",))
    name = str(row[0]) if row else use
    number = int(name.partition(":")[2] or 1)
    return name, f"{use}:{number + 1}"


def put_in_use(tx: Tx, use: str) -> str:
    """The follower signs from now on; the name of the key before it."""
    before, name = key_in_use(tx, use)
    tx.write("insert or replace into meta (name, value) values (?, ?)", (f"key:{use}", name))
    return before


def own_key(tx: Tx, kid: str, jwk: Mapping[str, str]) -> None:
    """Keep the public half of a key of ours: what it signed verifies for ever."""
    tx.write(
        "insert or ignore into meta (name, value) values (?, ?)", (f"own:{kid}", json.dumps(dict(jwk), sort_keys=True))
    )


def own_keys(desk: Desk) -> dict[str, Mapping[str, str]]:
    """kid -> JWK of every signing key this agent ever had."""
    with desk.state.reading() as tx:
        rows = tx.rows("select name, value from meta where name like 'own:%'")
    return {str(name)[4:]: json.loads(value) for name, value in rows} | {desk.signer.kid: desk.signer.jwk}


def _instance(tx: Tx) -> str | None:
    row = tx.row("select value from meta where name = 'instance_id'")
    return str(row[0]) if row else None


def create_home(config: AgentConfig) -> bool:
    """Make keys and state file where there are none yet; whether anything was made. Existing keys are never touched."""
    if config.state_file.exists() and _finished(config):
        return False
    store = open_key_store(config.key_store, config.key_folder)
    known = set(store.names())
    for name in _LASTING:
        if name not in known:
            store.create(name, os.urandom(_KEY_BYTES))
    for name in ("signing", "checkpoint"):
        if name not in known:
            create_signer(store, name)
    state = open_state(config.state_file, create=True)
    with state.transaction() as tx:
        _remember(tx, "instance_id", os.urandom(8).hex())
        position.settle_here(tx, position.machine())
        for name in _LASTING:
            _remember(tx, f"kcv:{name}", key_check_value(name, store.secret(name)))
    state.close()
    return True


def _finished(config: AgentConfig) -> bool:
    """Whether the state file got its first facts; a setup that was interrupted before them is done again."""
    state = open_state(config.state_file)
    try:
        with state.reading() as tx:
            return _instance(tx) is not None
    finally:
        state.close()


def create_stream_keys(desk: Desk, stream_id: str) -> None:
    for use in ("id", "nonce", "pseudonym"):
        desk.store.create(f"stream:{stream_id}:{use}", os.urandom(_KEY_BYTES))


def create_recipient_key(desk: Desk, recipient: str) -> None:
    """The key of pseudonyms with `scope: recipient`; one per recipient."""
    name = f"recipient:{recipient}:pseudonym"
    if name not in desk.store.names():
        desk.store.create(name, os.urandom(_KEY_BYTES))


def remember_stream_keys(desk: Desk, tx: Tx, stream_id: str) -> None:
    for use in ("id", "nonce", "pseudonym"):
        name = f"stream:{stream_id}:{use}"
        _remember(tx, f"kcv:{name}", key_check_value(name, desk.store.secret(name)))


def remember_recipient_key(desk: Desk, tx: Tx, recipient: str) -> None:
    """Another pseudonym key would make every person a new one to the recipient: it is noticed like the others."""
    name = f"recipient:{recipient}:pseudonym"
    if tx.row("select 1 from meta where name = ?", (f"kcv:{name}",)) is None:
        _remember(tx, f"kcv:{name}", key_check_value(name, desk.store.secret(name)))


def stream_keys(desk: Desk, stream_id: str, recipient: str) -> StreamKeys:
    """The keys the reader child is handed."""
    own = {use: desk.store.secret(f"stream:{stream_id}:{use}") for use in ("id", "nonce", "pseudonym")}
    return StreamKeys(
        own["id"],
        own["nonce"],
        own["pseudonym"],
        desk.store.secret(f"recipient:{recipient}:pseudonym"),
        desk.store.secret("persons"),
    )


def _remember(tx: Tx, name: str, value: str) -> None:
    tx.write("insert into meta (name, value) values (?, ?)", (name, value))
