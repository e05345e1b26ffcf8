"""A process that has imported the product once and forks for each command, with the shim armed in the fork. What runs
is the real command line; only the imports and what every start works out of the program's own files are saved, some
thousand times over: a second and a half, and half of what was left."""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from pathlib import Path

from tests.crash.shim import library

ROOT = Path(__file__).parents[2]


class Zygote:
    """`run` gives the exit status of one command; -9 for one that was killed. `readers`: where readers are forked."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="fg-")  # short: the name of a socket has 107 bytes
        self.readers = Path(self._folder.name) / "readers"
        self._readers = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.zygote", str(self.readers)], stdin=subprocess.PIPE, cwd=ROOT,
            stdout=subprocess.PIPE, env=os.environ | {"LD_PRELOAD": str(library()), "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )  # fmt: skip
        assert self._readers.stdout is not None
        assert self._readers.stdout.readline() == b"ready\n"
        env = os.environ | {"LD_PRELOAD": str(library()), "PYTHONPATH": str(ROOT), "COLUMNS": "80", "NO_COLOR": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.zygote"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=ROOT, env=env, start_new_session=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def start(self, argv: list[str], plan: str = "", *, out: Path, stacks: Path | None = None, stdin: str = "") -> int:
        """Begin one command; its process id. `wait` must follow."""
        order = {"argv": argv, "plan": plan, "out": str(out), "stacks": str(stacks or ""), "stdin": stdin}
        return self._said(order)

    def wait(self) -> int:
        return self._said({"wait": True})

    def run(self, argv: list[str], plan: str = "", *, out: Path, stacks: Path | None = None, stdin: str = "") -> int:
        self.start(argv, plan, out=out, stacks=stacks, stdin=stdin)
        return self.wait()

    def _said(self, order: dict[str, object]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()
        self._readers.kill()
        self._readers.wait(20)
        for pipe in (self._readers.stdin, self._readers.stdout):
            assert pipe is not None
            pipe.close()
        self._folder.cleanup()


def _import_all() -> None:
    import agent

    for found in pkgutil.walk_packages(agent.__path__, "agent."):
        if not found.name.startswith(("agent.receiver", "agent.demo", "agent.console")):
            importlib.import_module(found.name)
    import typer.main

    from agent.cli.app import app

    for name in ("truststore", "apscheduler.schedulers.background", "httpcore", "certifi", "anyio", "h11", "pyodbc"):
        importlib.import_module(name)
    commands = typer.main.get_command(app)
    typer.main.get_command = lambda _: commands  # the tree of commands, which every start makes of the same files
    _warm()


def _warm() -> None:
    """What every process of ours works out of its own files before it does anything."""
    from agent.core.floor import floor
    from agent.core.screen_rules import engine

    floor()
    engine()
    gc.collect()
    gc.freeze()  # a child that tidies up does not walk through all that its parent has imported


def _forked(order: dict[str, str]) -> None:
    out = os.open(order["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    given, end = os.pipe()
    os.write(end, order["stdin"].encode())
    os.close(end)
    for here, there in ((given, 0), (out, 1), (out, 2)):
        os.dup2(here, there)
    os.close(given)
    os.close(out)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
    sys.argv = ["fieldgate", *order["argv"]]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if order["stacks"]:
        handle = os.open(order["stacks"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        faulthandler.register(signal.SIGUSR2, file=handle, all_threads=False)
    if order["plan"]:
        ctypes.CDLL(None).fg_arm(order["plan"].encode(), ctypes.c_char(b"a"))
    from agent.cli import main

    main()


def serve() -> None:
    _import_all()
    print("ready", flush=True)
    child = 0
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
            continue
        child = os.fork()
        if child:
            print(child, flush=True)
            continue
        status = 70
        try:
            _forked(order)
            status = 0
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
        except BaseException:  # noqa: BLE001
            traceback.print_exc()
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def serve_readers(place: str) -> None:
    """Fork a reader for everybody who hands over the three descriptors of a child."""
    from agent.dms import odbc
    from agent.service import reader

    odbc._load()
    _warm()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()  # with whoever started it
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(place)
        door.listen()
        print("ready", flush=True)
        while True:
            line, _ = door.accept()
            plan, fds, _, _ = socket.recv_fds(line, 2**16, 3)
            if not os.fork():
                door.close()
                for there, here in enumerate(fds):
                    os.dup2(here, there)
                    os.close(here)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                threading.Thread(target=_end_with, args=(line,), daemon=True).start()
                if b";role=r;" in plan:
                    ctypes.CDLL(None).fg_arm(plan, ctypes.c_char(b"r"))
                sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
                status = 1
                with contextlib.suppress(BaseException):
                    status = reader.main()
                os._exit(status)
            for here in fds:
                os.close(here)
            line.close()


def _end_with(line: socket.socket) -> None:
    line.recv(1)
    os._exit(9)


if __name__ == "__main__":
    if sys.argv[1:]:
        serve_readers(sys.argv[1])
    else:
        serve()
