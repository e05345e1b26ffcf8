"""Imported first by what measures memory: the libraries that the frozen program leaves out are not there either."""

from __future__ import annotations

import re
import sys
from pathlib import Path

_SPEC = Path(__file__).parents[2] / "packaging" / "fieldgate.spec"
LEFT_OUT = re.findall(r'"([\w.]+)"', re.findall(r"excludes=\[(.*?)\]", _SPEC.read_text("utf-8"))[0])
for _name in LEFT_OUT:
    sys.modules.setdefault(_name, None)  # type: ignore[arg-type]  # an import of it fails
