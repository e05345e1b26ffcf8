"""Lists that ship inside the program, each pinned by its digest: a changed byte stops what would have believed it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

from agent.errors import SealError


@dataclass(frozen=True, slots=True)
class Packaged:
    """`name`: a file beside this one; `sha256`: of its bytes; `code` and `what`: how a refusal calls it."""

    name: str
    sha256: str
    code: str
    what: str

    def read(self) -> dict[str, Any]:
        """SealError when the installed bytes are not the ones the program was built with."""
        return self.check(resources.files("agent.core").joinpath(self.name).read_bytes())

    def check(self, data: bytes) -> dict[str, Any]:
        if "sha256:" + hashlib.sha256(data).hexdigest() != self.sha256:
            raise SealError(
                self.code,
                f"{self.what} is not the one the program was built with",
                "reinstall fieldgate from a package you trust; nothing is read until then",
            )
        parsed: dict[str, Any] = json.loads(data)
        return parsed
