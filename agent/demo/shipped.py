"""The shipped field policies: inside the package when a wheel carries them, else beside it in the repository."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from agent.errors import ConfigError

POLICY = "customer-crm.yaml"
REQUEST = "requests/example-motors-na.crm-2026.2.request.yaml"


def shipped(name: str) -> bytes:
    """The bytes of one shipped file, such as `customer-crm.yaml`."""
    for folder in _folders():
        file = folder.joinpath(*name.split("/"))
        if file.is_file():
            return file.read_bytes()
    raise ConfigError(
        "demo-shipped", f"the shipped file field_policies/{name} is missing", "install fieldgate again, whole"
    )


def _folders() -> list[Traversable]:
    package = resources.files("agent")
    inside: list[Traversable] = [package / "field_policies"]
    if isinstance(package, Path):
        inside.append(package.parent / "field_policies")
    return inside
