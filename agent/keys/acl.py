"""Who else could read a file on Windows, judged from its security descriptor as text (SDDL). Pure. Whoever is not known
is a stranger, and a list that is missing or cannot be read lets everybody in.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Collection

SYSTEM, ADMINISTRATORS = "S-1-5-18", "S-1-5-32-544"
EVERYBODY = "everybody"
_KNOWN = {"SY": SYSTEM, "BA": ADMINISTRATORS}
_ACCOUNT = r"[A-Z]{2}|S-[0-9-]+"
_WHOLE = re.compile(
    rf"(?:O:(?P<owner>{_ACCOUNT}))?(?:G:(?:{_ACCOUNT}))?D:(?P<flags>[A-Z]*)(?P<entries>(?:\([^()]*\))*)(?:S:.*)?"
)
_PARTS = 6  # of an entry: type; flags; rights; object; inherited object; account
_DENIES = ("D", "OD")
_CREATOR_OWNER, _OWNER_RIGHTS = "CO", "OW"


def strangers(sddl: str, own: Collection[str]) -> list[str]:
    """Accounts (SID or SDDL's short name) that own it or are allowed anything, beyond SYSTEM, Administrators, `own`."""
    whole = _WHOLE.fullmatch(sddl)
    if whole is None:
        return [EVERYBODY]
    found = [whole["owner"] or "nobody known as its owner"]
    for entry in re.findall(r"\(([^()]*)\)", whole["entries"]):
        parts = entry.split(";")
        if len(parts) != _PARTS:  # not an entry as Windows writes it, or with conditions, which are not read
            return [EVERYBODY]
        kind, flags, *_, account = parts
        inherited_by_makers = account == _CREATOR_OWNER and "IO" in flags  # whose files are judged by their owner
        if kind not in _DENIES and account != _OWNER_RIGHTS and not inherited_by_makers:
            found.append(account)
    welcome = {SYSTEM, ADMINISTRATORS, *own}
    return list(dict.fromkeys(one for one in found if _KNOWN.get(one, one) not in welcome))


def narrow(own: Collection[str], *, folder: bool) -> str:
    """The list that lets in SYSTEM, Administrators and `own`, and takes nothing over from the folder above."""
    handed_down = "OICI" if folder else ""
    return "D:P" + "".join(f"(A;{handed_down};FA;;;{sid})" for sid in (SYSTEM, ADMINISTRATORS, *own))


def service_sid(name: str) -> str:
    """The SID of the virtual account NT SERVICE\\name; it follows from the name, before any service is there."""
    parts = struct.unpack("<5I", hashlib.sha1(name.upper().encode("utf-16-le"), usedforsecurity=False).digest())
    return "S-1-5-80-" + "-".join(map(str, parts))
