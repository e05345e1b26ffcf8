"""What Windows says of accounts and files, and its DPAPI: keys that only the account which made them can open, on this
machine alone. Imported on Windows only; needs pywin32 (the extra `windows`).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from agent.errors import ConfigError
from agent.keys.acl import ADMINISTRATORS, SYSTEM, narrow, service_sid, strangers

SERVICE = "fieldgate"
_OWNER_AND_LIST = 1 | 4  # OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION
_LOCAL_ERRORS_ONLY = 1  # CRYPTPROTECT_UI_FORBIDDEN: a service has nobody to ask


def own_sid() -> str:
    """The account this process runs as."""
    import win32api
    import win32con
    import win32security

    token = win32security.OpenProcessToken(win32api.GetCurrentProcess(), win32con.TOKEN_QUERY)
    return sid_text(win32security.GetTokenInformation(token, win32security.TokenUser)[0])


def sid_text(sid: Any) -> str:
    import win32security

    return str(win32security.ConvertSidToStringSid(sid))


def account_name(sid: Any) -> str:
    """DOMAIN\\name, or the SID where the system knows no name for it."""
    import pywintypes
    import win32security

    try:
        name, domain, _ = win32security.LookupAccountSid(None, sid)
    except pywintypes.error:
        return sid_text(sid)
    return f"{domain}\\{name}" if domain else str(name)


def is_administrator() -> bool:
    """Whether this process may do what administrators may: without "as administrator" an administrator may not."""
    import win32security

    group = win32security.ConvertStringSidToSid(ADMINISTRATORS)
    return bool(win32security.CheckTokenMembership(None, group))


def refuse_wide(path: Path) -> None:
    """ConfigError where somebody beyond SYSTEM, Administrators, the service and this account may touch the file."""
    import win32security

    try:
        found = win32security.GetNamedSecurityInfo(str(path), win32security.SE_FILE_OBJECT, _OWNER_AND_LIST)
        sddl = win32security.ConvertSecurityDescriptorToStringSecurityDescriptor(found, 1, _OWNER_AND_LIST)
    except win32security.error:
        sddl = ""
    wide = strangers(str(sddl), (own_sid(), service_sid(SERVICE)))
    if wide:
        raise ConfigError("K003", f"others on this machine could read {path}: {', '.join(wide)}", _mend(path))


def _mend(path: Path) -> str:
    handed_down = "(OI)(CI)F" if path.is_dir() else "F"
    mine = f"*{service_sid(SERVICE)}"
    grants = " ".join(f'"{one}:{handed_down}"' for one in (f"*{SYSTEM}", f"*{ADMINISTRATORS}", mine))
    return f'icacls "{path}" /setowner *{ADMINISTRATORS} && icacls "{path}" /inheritance:r /grant:r {grants}'


def make_narrow(path: Path) -> None:
    """Let in SYSTEM, Administrators, the service and this account, and nobody else."""
    import win32security

    sids = dict.fromkeys((own_sid(), service_sid(SERVICE)))
    wanted = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(narrow(sids, folder=path.is_dir()), 1)
    protected = win32security.DACL_SECURITY_INFORMATION | win32security.PROTECTED_DACL_SECURITY_INFORMATION
    win32security.SetFileSecurity(str(path), protected, wanted)


def seal(secret: bytes, entropy: bytes, name: str) -> bytes:
    """Encrypted for this account on this machine; opens only with the same entropy and name."""
    import win32crypt

    return bytes(win32crypt.CryptProtectData(secret, "", _bound(entropy, name), None, None, _LOCAL_ERRORS_ONLY))


def unseal(sealed: bytes, entropy: bytes, name: str) -> bytes:
    import pywintypes
    import win32crypt

    try:
        return bytes(win32crypt.CryptUnprotectData(sealed, _bound(entropy, name), None, None, _LOCAL_ERRORS_ONLY)[1])
    except pywintypes.error:
        raise ConfigError(
            "K017",
            f"the key `{name}` does not open for this account on this machine",
            "run the command as the service's account: fieldgate service do -- COMMAND",
        ) from None


def _bound(entropy: bytes, name: str) -> bytes:
    """A file put in another key's place does not open."""
    return hashlib.sha256(entropy + b"\0" + name.encode()).digest()
