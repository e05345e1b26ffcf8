"""Versions side by side: each in a folder of its own, `current` names the one that runs, `previous` the one before it.

An upgrade takes only files that the makers' key signed (the keys stand in the version that runs), starts the new one,
and goes back by itself where that does not come up. State is never touched: its form only ever grows, and says which
older versions may still open it.
"""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from agent.core.jws import kid_of
from agent.core.release import BadReleaseError, Release, must_be_of, number, read_release
from agent.errors import ConfigError, SealError
from agent.keys import durable

VERSIONS = Path("/opt/fieldgate/versions")
_MAX_BYTES = 1 << 30
Check = Callable[[], str]  # "" when the version that `current` names runs, else what is wrong


@dataclass(frozen=True, slots=True)
class Shelf:
    """The folder of versions and the two names beside it."""

    versions: Path = VERSIONS
    by_link: bool = os.name != "nt"  # Windows: a small file with the name; links there take a right of their own

    @property
    def current(self) -> str:
        return self._named("current")

    @property
    def previous(self) -> str:
        return self._named("previous")

    def _named(self, link: str) -> str:
        place = self.versions.parent / link
        try:
            return place.readlink().name if self.by_link else place.read_text("utf-8").strip()
        except OSError:
            return ""

    def point(self, link: str, version: str) -> None:
        """Let `current` or `previous` name a version; there is no moment without one."""
        target = self.versions.parent / link
        if not self.by_link:
            durable.write(target, f"{version}\n".encode())
            return
        fresh = target.with_name(f".{link}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(self.versions / version)
        fresh.replace(target)


def release_keys() -> Mapping[str, Mapping[str, Any]]:
    """kid -> key of whoever may sign a release for this build. A checkout has none, and upgrades nothing."""
    file = resources.files("agent").joinpath("release_keys.json")
    if not file.is_file():
        raise ConfigError(
            "FG-C50", "this is a checkout, not an installed release, so it knows no release key", "install a release"
        )
    return {kid_of(key): key for key in json.loads(file.read_bytes())}


def verified(package: Path, keys: Mapping[str, Mapping[str, Any]]) -> Release:
    """The release that the package's statement signs for exactly this file. SealError otherwise."""
    statement = package.with_name(f"fieldgate-{_version_of(package)}.release")
    try:
        release = read_release(statement.read_text("utf-8"), keys.get)
        must_be_of(release, package.name, package.read_bytes())
        number(release.version)
    except (OSError, UnicodeDecodeError):
        raise SealError(
            "FG-K50", f"{package.name} or {statement.name} cannot be read", "put both files side by side and try again"
        ) from None
    except BadReleaseError as error:
        raise SealError(
            "FG-K51", f"{package.name} is refused: {error}", "get both files anew; install nothing"
        ) from None
    return release


def _version_of(package: Path) -> str:
    parts = package.name.replace("_", "-").split("-")
    return parts[1] if len(parts) > 2 else "?"


def upgrade(shelf: Shelf, package: Path, release: Release, check: Check) -> str:
    """Put the version beside the others, start it, and keep it if it runs; "" or why it was taken back."""
    if shelf.current and number(release.version) <= number(shelf.current):
        raise ConfigError(
            "FG-C51",
            f"{release.version} is not newer than {shelf.current}, which runs",
            "to go back to the version before, say: fieldgate rollback",
        )
    _unpack(shelf, package, release.version)
    return _switch(shelf, release.version, check)


def rollback(shelf: Shelf, check: Check) -> str:
    """Start the version before; "" or why that failed too and the present one runs again."""
    if not shelf.previous or not (shelf.versions / shelf.previous).is_dir():
        raise ConfigError("FG-C52", "there is no version before this one", "install a release with: fieldgate upgrade")
    return _switch(shelf, shelf.previous, check)


def _switch(shelf: Shelf, version: str, check: Check) -> str:
    before = shelf.current
    shelf.point("current", version)
    if wrong := check():
        if before:
            shelf.point("current", before)
            check()
        return wrong
    if before and before != version:
        shelf.point("previous", before)
    return ""


def _unpack(shelf: Shelf, package: Path, version: str) -> None:
    fresh, place = shelf.versions / f".{version}.new", shelf.versions / version
    shutil.rmtree(fresh, ignore_errors=True)
    if package.suffix == ".zip":
        with zipfile.ZipFile(package) as zipped:
            _refuse_huge(sum(member.file_size for member in zipped.infolist()))
            zipped.extractall(fresh)  # noqa: S202  signed, and a name that leads out of the folder is made one inside it
    else:
        with tarfile.open(package) as archive:
            _refuse_huge(sum(member.size for member in archive))
            archive.extractall(fresh, filter="data")
    (inside,) = fresh.iterdir()
    shutil.rmtree(place, ignore_errors=True)  # a try that was taken back
    inside.replace(place)
    fresh.rmdir()


def _refuse_huge(size: int) -> None:
    if size > _MAX_BYTES:
        raise SealError("FG-K52", "the package is larger than any release", "get it anew; install nothing")
