"""The process that Windows' service manager starts: it says how it is, tells the Event Log what matters, and works.
Started by the manager only; imported on Windows only. The manager waits half a minute for a program to answer it, so
what takes long to import is imported after that.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent.errors import FieldgateError
from agent.keys.windows import SERVICE
from agent.service.events import EVENTS, Kind, sentence
from agent.service.systemd import ENDED, READY, STOPPING, Notifier
from agent.service.windows_layout import config_file

_OF_ITS_OWN, _STOPPED, _START_PENDING, _STOP_PENDING, _RUNNING = 16, 1, 2, 3, 4
_STOP, _SHUTDOWN, _PARAMETERS_CHANGE = 1, 5, 6
_TAKES = 1 | 4 | 8  # stop, shutdown, a change of parameters (agent.yaml is read again)
_OWN_ERROR = 1066
_PATIENCE_MS = {_START_PENDING: 120_000, _STOP_PENDING: 20_000}


def main() -> int:
    """Hand this process to the service manager until it is told to stop."""
    import servicemanager

    servicemanager.Initialize()
    servicemanager.PrepareToHostSingle(Host)
    servicemanager.StartServiceCtrlDispatcher()
    return 0


class Host(Notifier):
    """What the service manager calls, by the names it calls it by."""

    def __init__(self, args: list[str]) -> None:
        import servicemanager

        super().__init__({})
        self._args = args
        self._agent: Any = None
        self._handle = servicemanager.RegisterServiceCtrlHandler(SERVICE, self._told, True)

    def SvcRun(self) -> None:  # noqa: N802  pywin32's name
        self._state(_START_PENDING)
        try:
            if len(self._args) > 1:
                from agent.service import windows_do

                self._state(_RUNNING)
                windows_do.do(self._args[1])
            else:
                self._work(config_file())
        except FieldgateError as error:
            tell_line({"event": "start_failed", "code": error.code, "said": error.what})
            self._state(_STOPPED, failed=True)
        except Exception as error:  # noqa: BLE001  a foreign text may quote data, so only its name
            tell_line({"event": "start_failed", "code": "FG-X01", "said": f"unforeseen {type(error).__name__}"})
            self._state(_STOPPED, failed=True)
        else:
            self._state(_STOPPED)

    def _work(self, path: Path) -> None:
        if not path.exists():
            tell_line({"event": "not_set_up"})  # and that is no failure
            return
        from agent import config as settings
        from agent.service import daemon
        from agent.service.lock import only_one
        from agent.service.log import configure
        from agent.service.schedule import Daemon
        from agent.tasks.desk import open_desk

        loaded = settings.load(path)
        desk = open_desk(loaded, clock=lambda: dt.datetime.now(dt.UTC), actor=f"service:{SERVICE}")
        try:
            with only_one(loaded.state):
                with daemon.remembered(desk, "start"):
                    configure(loaded.logs, tell)
                self._agent = Daemon(desk, lambda: settings.load(path), self)
                self._agent.serve()
        finally:
            desk.state.close()

    def say(self, *lines: str) -> None:
        """What the agent tells a service manager, in the words of this one."""
        for line in lines:
            if line in _STATES:
                self._state(_STATES[line])

    def beat(self) -> None:
        """Windows has no watchdog that would want to hear it."""

    def _told(self, control: int, *_: object) -> None:
        if control in (_STOP, _SHUTDOWN):
            self._state(_STOP_PENDING)
            if self._agent:
                self._agent.stop.ask()
        elif control == _PARAMETERS_CHANGE and self._agent:
            self._agent.ask_reload()

    def _state(self, state: int, *, failed: bool = False) -> None:
        import win32service

        takes = _TAKES if state == _RUNNING else 0
        error, own = (_OWN_ERROR, 1) if failed else (0, 0)
        win32service.SetServiceStatus(
            self._handle, (_OF_ITS_OWN, state, takes, error, own, 0, _PATIENCE_MS.get(state, 0))
        )


KINDS: Mapping[Kind, int] = {"error": 1, "warning": 2, "information": 4}
_STATES = {READY: _RUNNING, STOPPING: _STOP_PENDING, ENDED: _STOPPED}


def tell(number: int, kind: Kind, text: str) -> None:
    """One entry in the Application log. A log that is full or gone is no reason to stop working."""
    import pywintypes
    import win32evtlogutil

    try:
        win32evtlogutil.ReportEvent(SERVICE, number, eventType=KINDS[kind], strings=[text])
    except pywintypes.error:
        return


def tell_line(line: Mapping[str, Any]) -> None:
    number, kind, _ = EVENTS[str(line["event"])]
    tell(number, kind, sentence(line))


if __name__ == "__main__":
    sys.exit(main())
