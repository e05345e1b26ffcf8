"""The proxy Windows has for services (WinHTTP). Shown, never used by itself: agent.yaml says which way goes out."""

from __future__ import annotations

import ctypes
import sys

_NAMED = 3  # WINHTTP_ACCESS_TYPE_NAMED_PROXY


def winhttp_proxy() -> str:
    """`host:port` for https, as `netsh winhttp show proxy` has it; empty where none is set, or on another system."""
    return https_proxy_of(_asked_windows() if sys.platform == "win32" else "")


def https_proxy_of(setting: str) -> str:
    """Of `proxy:8080` or `http=one:80;https=two:81`, what https goes through."""
    by_scheme = {}
    for part in setting.replace(" ", ";").split(";"):
        scheme, equals, where = part.strip().rpartition("=")
        if where:
            by_scheme[scheme.lower() if equals else ""] = where.split("://")[-1].rstrip("/")
    return by_scheme.get("https", by_scheme.get("", ""))


class _Info(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_uint32), ("proxy", ctypes.c_wchar_p), ("bypass", ctypes.c_wchar_p)]


def _asked_windows() -> str:
    """The system's answer; it hands over two strings of ours to keep, once per question: too few to give back."""
    found = _Info()
    library = getattr(ctypes, "windll").winhttp  # noqa: B009  mypy knows it on Windows only
    if not library.WinHttpGetDefaultProxyConfiguration(ctypes.byref(found)):
        return ""
    return found.proxy or "" if found.kind == _NAMED else ""
