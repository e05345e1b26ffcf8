"""The agent runs on Windows too: what only POSIX has stands in named places, each behind a question of the system."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

# Modules that Windows does not have, and calls and names that fail or mean nothing there.
MODULES = frozenset({"fcntl", "pwd", "grp", "resource", "termios", "tty", "pty", "syslog", "posix"})
CALLS = frozenset({
    "os.getuid", "os.geteuid", "os.getgid", "os.getegid", "os.setuid", "os.setgid", "os.fork", "os.forkpty", "os.chown",
    "os.lchown", "os.fchown", "os.fchmod", "os.umask", "os.killpg", "os.setsid", "os.getpgid", "os.sysconf",
    "os.statvfs", "os.link", "os.mkfifo", "os.uname", "os.nice", "os.sched_getaffinity", "os.O_NOFOLLOW",
    "os.O_DIRECTORY", "os.O_CLOEXEC", "signal.SIGHUP", "signal.SIGKILL", "signal.SIGUSR1", "signal.SIGALRM",
    "signal.alarm", "signal.setitimer", "socket.AF_UNIX", "socket.SO_PEERCRED", "socket.SO_REUSEPORT", "shutil.chown",
})  # fmt: skip
# Where they may stand: a file, and why Windows never comes there.
EDGES = {
    "agent/keys/durable.py": "each asks os.name first; tests/windows writes files under Wine",
    "agent/keys/store.py": "each asks sys.platform first",
    "agent/service/control.py": "each asks for SO_PEERCRED or sys.platform first",
    "agent/service/lock.py": "asks sys.platform first",
    "agent/service/systemd.py": "asks for AF_UNIX first",
    "agent/service/linux_service.py": "the Linux service",
    "agent/dms/refusals.py": "asks for AF_UNIX first",
    "agent/tasks/preflight.py": "asks sys.platform first",
}
DEMO = Path("agent/demo")  # private servers for trying out: Linux only, and says so


def found(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            yield str(node.module)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if (name := f"{node.value.id}.{node.attr}") in CALLS:
                yield name
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _opens_text(node, node.func.attr):
            yield "open() in the code page of the system"


def _opens_text(call: ast.Call, name: str) -> bool:
    """Path.open in text mode without an encoding; a mode that is worked out is nobody's to judge here."""
    if name != "open" or any(key.arg == "encoding" for key in call.keywords):
        return False
    modes = [arg.value for arg in call.args[:1] if isinstance(arg, ast.Constant)]
    return bool(modes) and isinstance(modes[0], str) and set(modes[0]) <= set("rwax+t")


def test_what_only_posix_has_stands_at_named_edges() -> None:
    used = {
        str(file.as_posix()): sorted(set(found(ast.parse(file.read_text("utf-8")))))
        for file in Path("agent").rglob("*.py")
        if DEMO not in file.parents
    }
    used = {file: names for file, names in used.items() if names}
    assert {file: names for file, names in used.items() if file not in EDGES} == {}
    assert sorted(set(EDGES) - set(used)) == []  # an edge that is none any more


def test_each_kind_of_call_is_found() -> None:
    for text in ("import fcntl", "from pwd import getpwuid", "os.geteuid()", "x = signal.SIGKILL", "p.open('w')"):
        assert list(found(ast.parse(text))), text
    for text in ("import os", "p.open('wb')", "p.open('w', encoding='utf-8')", "archive.open(name)"):
        assert not list(found(ast.parse(text))), text


def test_texts_are_read_and_written_in_utf_8_not_in_the_code_page_of_the_system() -> None:
    wrong = []
    for file in Path("agent").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                least = {"read_text": 1, "write_text": 2}.get(node.func.attr)
                if isinstance(node.func.value, ast.Name) and node.func.value.id == "formatter":
                    continue  # click's, and no file
                named = any(key.arg == "encoding" for key in node.keywords)
                if least is not None and not named and len(node.args) < least:
                    wrong.append(f"{file}:{node.lineno}")
    assert wrong == []
