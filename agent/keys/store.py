"""Where the agent's own secrets stand. The kind is chosen in agent.yaml and never falls back to another. A file or
folder that others could read is refused with the command that mends it. Nothing is overwritten: person and id keys made
anew would let everybody who opted out come back, so only a password can be replaced. No secret in any repr or message.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import stat
import sys
from pathlib import Path
from typing import Protocol

from agent.errors import ConfigError, SealError
from agent.keys import durable

_SUFFIX = ".key"
_NAME_MAX = 120
_SECRET_MAX = 64 * 1024
ENTROPY = "dpapi.entropy"
_ENTROPY_BYTES = 32
_SAFE = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_-")
_MADE_BY_US = re.compile(
    r"signing(:\d+)?|atrest|checkpoint(:\d+)?|persons|stream:[^:]+:(id|nonce|pseudonym)|recipient:[^:]+:pseudonym"
)


class KeyStore(Protocol):
    """Named secrets. A name that is not there is a ConfigError, never an empty secret."""

    def secret(self, name: str) -> bytes: ...
    def names(self) -> list[str]: ...

    def create(self, name: str, secret: bytes) -> None:
        """Durable when it returns; refuses a name that exists."""

    def retire(self, name: str) -> None:
        """Remove a signing or checkpoint key that another has followed; any other name is refused."""

    def replace_password(self, name: str, secret: bytes) -> None:
        """The one kind of secret that may change in place; refuses the names of our own keys."""


def open_key_store(kind: str, folder: Path) -> KeyStore:
    """The store agent.yaml names: `file` in folder; `dpapi` there too; `systemd` where the service manager put it."""
    if kind == "file":
        return FileKeyStore(folder)
    if kind == "systemd":
        given = os.environ.get("CREDENTIALS_DIRECTORY")
        if not given:
            raise ConfigError(
                "K005",
                "agent.yaml says `keys: {store: systemd}`, but systemd has handed over no credentials",
                "start fieldgate through its service unit, with LoadCredentialEncrypted= for each key",
            )
        return SystemdKeyStore(Path(given))
    if kind == "dpapi":
        if os.name != "nt":
            raise ConfigError("K006", "DPAPI is a part of Windows and not of this system", "use `keys: {store: file}`")
        return DpapiKeyStore(folder)
    raise ConfigError("K007", "agent.yaml names a key store that does not exist", "use file, systemd or dpapi")


def destroy_keys(kind: str, folder: Path) -> None:
    """Destroy every secret, what signs last: only where nothing will ever be asked of them again."""
    if kind != "file":
        raise ConfigError(
            "K016",
            "the keys stand where only the system's administrator can remove them",
            "everything else is done: remove the LoadCredential lines and their files, then the service",
        )
    for name in sorted(_names(folder), key=lambda one: one.startswith("signing")):
        path = folder / file_name(name)
        try:
            durable.write(path, bytes(path.stat().st_size), mode=0o600)
            durable.remove(path)
        except OSError as failed:
            raise _unwritable(name, failed) from None


class FileKeyStore:
    """One file a secret, 0600 in a folder of 0700, both ours."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __repr__(self) -> str:
        return "FileKeyStore()"

    def secret(self, name: str) -> bytes:
        if not self._folder.is_dir():
            raise _absent(name)
        _refuse_wide_folder(self._folder)
        return _read(self._folder / file_name(name), name, forbidden=0o177)

    def create(self, name: str, secret: bytes) -> None:
        _refuse_unusable(secret)
        self._make_folder()
        try:
            durable.write_new(self._folder / file_name(name), secret, mode=0o600)
        except FileExistsError:
            raise ConfigError(
                "K002", f"the key `{name}` exists already and is never overwritten", "see `fieldgate keys list`"
            ) from None
        except OSError as failed:
            raise _unwritable(name, failed) from None

    def retire(self, name: str) -> None:
        if name.split(":", maxsplit=1)[0] not in ("signing", "checkpoint"):
            raise ConfigError("K014", f"the key `{name}` has no follower and is never removed", "keep it")
        try:
            durable.remove(self._folder / file_name(name))
        except OSError as failed:
            raise ConfigError(
                "K015",
                f"the key `{name}`, which another has followed, could not be removed (error {failed.errno})",
                "look at the folder's owner and the disk; the next run tries again",
            ) from None

    def replace_password(self, name: str, secret: bytes) -> None:
        if is_own_key(name):
            raise ConfigError(
                "K008",
                f"`{name}` is a key, not a password: made anew it would let people who opted out come back",
                "restore it from the backup; a key is never made anew in its place",
            )
        _refuse_unusable(secret)
        self._make_folder()
        try:
            durable.write(self._folder / file_name(name), secret, mode=0o600)
        except OSError as failed:
            raise _unwritable(name, failed) from None

    def names(self) -> list[str]:
        if not self._folder.is_dir():
            return []
        _refuse_wide_folder(self._folder)
        return _names(self._folder)

    def make_entropy(self, entropy: bytes) -> None:
        """What Windows mixes into every key; kept where one is there already."""
        self._make_folder()
        try:
            durable.write_new(self._folder / ENTROPY, entropy, mode=0o600)
        except FileExistsError:
            return
        except OSError as failed:
            raise _unwritable(ENTROPY, failed) from None

    def _make_folder(self) -> None:
        fresh = not self._folder.is_dir()
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as failed:
            raise _unwritable("", failed) from None
        if fresh and sys.platform == "win32":  # the mode says nothing there
            from agent.keys import windows

            windows.make_narrow(self._folder)
        _refuse_wide_folder(self._folder)


class DpapiKeyStore:
    """The same files, each sealed by Windows for the account that made it, with a file of extra entropy beside them."""

    def __init__(self, folder: Path) -> None:
        self._files = FileKeyStore(folder)
        self._folder = folder

    def __repr__(self) -> str:
        return "DpapiKeyStore()"

    def secret(self, name: str) -> bytes:
        from agent.keys import windows

        return windows.unseal(self._files.secret(name), self._entropy(), name)

    def create(self, name: str, secret: bytes) -> None:
        _refuse_unusable(secret)
        self._files.create(name, self._sealed(name, secret))

    def retire(self, name: str) -> None:
        self._files.retire(name)

    def replace_password(self, name: str, secret: bytes) -> None:
        _refuse_unusable(secret)
        self._files.replace_password(name, self._sealed(name, secret))

    def names(self) -> list[str]:
        return self._files.names()

    def _sealed(self, name: str, secret: bytes) -> bytes:
        from agent.keys import windows

        if not self._files.names():
            self._files.make_entropy(os.urandom(_ENTROPY_BYTES))
        return windows.seal(secret, self._entropy(), name)

    def _entropy(self) -> bytes:
        return _read(self._folder / ENTROPY, ENTROPY, forbidden=0o177)


class SystemdKeyStore:
    """Credentials the service manager decrypted into memory for this service alone. Read only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __repr__(self) -> str:
        return "SystemdKeyStore()"

    def secret(self, name: str) -> bytes:
        # systemd gives read access by an ACL, which shows as group bits: only `others` can be judged here.
        return _read(self._folder / file_name(name), name, forbidden=0o007, any_owner=True)

    def create(self, name: str, secret: bytes) -> None:  # noqa: ARG002 the store's promise, refused
        raise _read_only(name)

    def retire(self, name: str) -> None:
        """What systemd hands over is taken out of the unit by hand."""

    def replace_password(self, name: str, secret: bytes) -> None:  # noqa: ARG002 the store's promise, refused
        raise _read_only(name)

    def names(self) -> list[str]:
        return _names(self._folder)


def file_name(name: str) -> str:
    """The file of a secret: one to one, and safe where case, colons and device names mean something else."""
    raw = name.encode()
    if not 0 < len(raw) <= _NAME_MAX:
        raise ConfigError("K001", "a key's name must have 1 to 120 characters", "use a short name such as `dms`")
    body = "".join(chr(b) if b in _SAFE else "+" if b == ord(":") else f"%{b:02x}" for b in raw)
    return f"k-{body}{_SUFFIX}"


def name_of(file: str) -> str | None:
    """The secret a file holds; None for a file that is not ours."""
    if not (file.startswith("k-") and file.endswith(_SUFFIX)):
        return None
    body = file[2 : -len(_SUFFIX)].replace("+", ":")
    try:
        name = re.sub("%([0-9a-f]{2})", lambda m: f"\\x{m[1]}", body).encode("ascii").decode("unicode_escape")
        name = name.encode("latin-1").decode()
    except UnicodeError:
        return None
    return name if name and file_name(name) == file else None


def is_own_key(name: str) -> bool:
    """Whether the name is one of the agent's own keys, which are never replaced, and not a password."""
    return _MADE_BY_US.fullmatch(name) is not None


def key_check_value(name: str, secret: bytes) -> str:
    """16 hex characters that tell whether a key is still the same one, and nothing else about it."""
    if len(secret) < 16 or not is_own_key(name):
        raise ValueError("a key-check value of a guessable secret would help to guess it")
    return hmac.new(secret, b"fieldgate key-check 1\0" + name.encode(), hashlib.sha256).hexdigest()[:16]


def check_key(name: str, secret: bytes, expected: str) -> None:
    """SealError where the key is not the one `expected` was made from: everything stops."""
    if not hmac.compare_digest(key_check_value(name, secret), expected):
        raise SealError(
            "K009",
            f"the key `{name}` is not the one this agent was set up with",
            "restore it from the backup that is sealed to the officers; never make a new one",
        )


def _read(path: Path, name: str, *, forbidden: int, any_owner: bool = False) -> bytes:
    """The permission is asked of the opened file, so that nothing can be put in its place in between."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise _absent(name) from None
    except OSError:
        raise ConfigError("K004", f"the file of the key `{name}` cannot be opened", f"look at {path}") from None
    with os.fdopen(handle, "rb") as file:
        _refuse_wide(os.fstat(file.fileno()), path, forbidden=forbidden, mend="chmod 600", any_owner=any_owner)
        secret = file.read(_SECRET_MAX + 1)
    _refuse_unusable(secret)
    return secret


def _refuse_wide_folder(folder: Path) -> None:
    _refuse_wide(folder.stat(), folder, forbidden=0o077, mend="chmod 700")


def _refuse_wide(found: os.stat_result, path: Path, *, forbidden: int, mend: str, any_owner: bool = False) -> None:
    if sys.platform == "win32":
        from agent.keys import windows

        windows.refuse_wide(path)
        return
    if stat.S_IMODE(found.st_mode) & forbidden:
        raise ConfigError("K003", f"others on this machine could read {path}", f"{mend} {path}")
    if not any_owner and found.st_uid != os.geteuid():
        raise ConfigError(
            "K003", f"{path} belongs to another account than the one running now", f"run as its owner, or chown {path}"
        )


def _names(folder: Path) -> list[str]:
    found = (name_of(entry.name) for entry in folder.iterdir())
    return sorted(name for name in found if name)


def _refuse_unusable(secret: bytes) -> None:
    if not 0 < len(secret) <= _SECRET_MAX:
        raise ConfigError("K010", "the secret is empty or far too long", "give it again")


def _absent(name: str) -> ConfigError:
    return ConfigError(
        "K011",
        f"there is no key `{name}` in the key store",
        "if it was there before, restore it from the backup; person and id keys must never be made anew",
    )


def _unwritable(name: str, failed: OSError) -> ConfigError:
    what = f"the key `{name}` could not be written" if name else "the key folder could not be made"
    return ConfigError("K012", f"{what} (error {failed.errno})", "look at the folder's owner and the space on the disk")


def _read_only(name: str) -> ConfigError:
    return ConfigError(
        "K013",
        f"systemd's credentials are read only; `{name}` cannot be written there",
        "write it with `systemd-creds encrypt` and name it in the service unit",
    )
