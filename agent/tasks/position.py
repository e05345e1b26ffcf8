"""How far this agent had come, kept beside the keys and outside the state file: an older state file put back shows at
once, even where nothing was sent meanwhile, and a policy that was ended stays ended. Also here: which machine this is.

The file is a witness, not a judge: without it, the OEM's signed head is the one that tells.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from agent.config import AgentConfig
from agent.core.audit import digest
from agent.errors import Retry, StateError
from agent.keys import durable
from agent.state import evidence, outbox, permission, streams
from agent.state.store import State, Tx

FILE = "position.json"
_CRYPTOGRAPHY = r"SOFTWARE\Microsoft\Cryptography"
_MACHINE_IDS = ("/etc/machine-id", "/var/lib/dbus/machine-id")


class Position(msgspec.Struct, frozen=True):
    """The audit entry that was written last, every policy version that was ended here, and the newest place of each
    stream that its recipient has."""

    instance_id: str
    n: int
    head: str
    ended: list[tuple[str, int]] = []
    sent: dict[str, tuple[int, int]] = {}


def machine() -> str:
    """What tells this machine from its clone on other hardware: a digest; empty where the system does not say."""
    for name in _MACHINE_IDS:
        try:
            found = Path(name).read_bytes().strip()
        except OSError:
            continue
        if found:
            return digest(b"fieldgate machine 1\0" + found)
    if sys.platform == "win32":
        import winreg

        view = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
        with suppress(OSError), winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _CRYPTOGRAPHY, 0, view) as key:
            return digest(b"fieldgate machine 1\0" + str(winreg.QueryValueEx(key, "MachineGuid")[0]).encode())
    return ""


def machine_of(tx: Tx) -> str:
    """The machine this state file was made or taken over on."""
    row = tx.row("select value from meta where name = 'machine'")
    return str(row[0]) if row else ""


def settle_here(tx: Tx, here: str) -> None:
    """From now on this is the machine."""
    tx.write(
        "insert into meta (name, value) values ('machine', ?) on conflict (name) do update set value = excluded.value",
        (here,),
    )


def read(config: AgentConfig) -> Position | None:
    """What was kept last; None where there is none yet. StateError for a file that cannot be read."""
    path = config.key_folder / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Position)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError):
        raise StateError(
            "FG-T20",
            f"{path} cannot be read, so nobody can say whether the state file is an older copy",
            "restore it from the backup, or remove it and run: fieldgate resync (which asks the OEM)",
        ) from None


def keep(config: AgentConfig, state: State, instance_id: str) -> None:
    """Note how far we have come. After the commit that it speaks of: a kill in between leaves an older, true note."""
    with state.reading() as tx:
        n, head = evidence.head(tx)
        ended = {(name, version) for name, version, _, _ in permission.revoked(tx)}
        sent = {one.stream_id: outbox.last_settled(tx, one.stream_id) for one in streams.streams(tx)}
    known = read(config)
    if known and known.instance_id == instance_id:
        ended |= {(name, version) for name, version in known.ended}
        sent |= {one: max(place, sent.get(one, (0, 0))) for one, place in known.sent.items()}
    new = Position(instance_id, n, head, sorted(ended), sent)
    if new != known:
        path = config.key_folder / FILE
        try:
            config.key_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            durable.write(path, msgspec.json.encode(new), mode=0o600)
        except OSError as failed:
            raise StateError(
                "FG-T23",
                f"{path} cannot be written (error {failed.errno}), so an older state file put back would not show",
                "free space on its disk, or give the service account the folder named by keys.folder in agent.yaml;"
                " nothing is lost, the next run goes on",
                retry=Retry.LATER,
            ) from None


def is_older(tx: Tx, config: AgentConfig, instance_id: str) -> bool:
    """Whether this state file lacks what was noted: then somebody has put an older one in its place."""
    known = read(config)
    if known is None or known.instance_id != instance_id or known.n == 0:
        return False
    return evidence.digest_of(tx, known.n) != known.head


def ended(config: AgentConfig, name: str, version: int) -> bool:
    """Whether this version was revoked here, whatever a restored state file says."""
    known = read(config)
    return known is not None and (name, version) in {(n, v) for n, v in known.ended}


def sent(config: AgentConfig, stream_id: str) -> tuple[int, int]:
    """The newest (epoch, seq) that the recipient has, whatever a restored state file and a folder say."""
    known = read(config)
    return known.sent.get(stream_id, (0, 0)) if known else (0, 0)


def mark_restored(tx: Tx) -> None:
    """Nothing leaves on any stream until `resync`."""
    for stream in streams.streams(tx):
        if not stream.restored:
            streams.restored(tx, stream.stream_id)
