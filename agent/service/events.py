"""What of the log a system's own event log is told: a stable number for each thing that matters to whoever watches the
server. The line is what the log's allowlist let through, so nothing of a person is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Literal

Kind = Literal["information", "warning", "error"]
Tell = Callable[[int, Kind, str], None]

# Monitoring tools are set up by these numbers: one is never given a new meaning. EventCreate.exe has 1 to 1000.
EVENTS: Mapping[str, tuple[int, Kind, str]] = {
    "started": (100, "information", "The service works."),
    "stopped": (101, "information", "The service has stopped."),
    "cut_short": (102, "warning", "The service was stopped before the work in hand was done. Nothing is lost."),
    "reloaded": (103, "information", "agent.yaml was read again."),
    "reload_refused": (
        104,
        "error",
        "agent.yaml was changed and cannot be used; the service goes on with the old one.",
    ),
    "not_set_up": (105, "information", "There is no agent.yaml yet, so the service does not start."),
    "start_failed": (106, "error", "The service cannot start."),
    "job_failed": (110, "error", "Reading or sending failed."),
    "job_skipped": (111, "error", "Nothing was read: the database refused the password before."),
    "source_refused": (112, "error", "A source was refused; the others were read."),
    "dataset_refused": (113, "warning", "A dataset was refused; the others were read."),
    "stream_waits": (120, "warning", "The OEM was not reached or did not accept. What was read is stored."),
    "opt_outs_wait": (121, "warning", "The OEM could not be asked who said stop there."),
    "request_failed": (130, "error", "A request to the running service failed."),
}


def telling(tell: Tell) -> Callable[[Any, str, MutableMapping[str, Any]], MutableMapping[str, Any]]:
    """A step of the log, behind its allowlist: lines that have a number are told as well."""

    def step(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if found := EVENTS.get(str(line.get("event"))):
            tell(found[0], found[1], sentence(line))
        return line

    return step


def sentence(line: Mapping[str, Any]) -> str:
    """What is told of a line."""
    facts = ", ".join(f"{key} {value}" for key, value in sorted(line.items()) if key not in _SAID_ALREADY)
    return EVENTS[str(line["event"])][2] + (f" ({facts})" if facts else "")


_SAID_ALREADY = ("event", "level", "timestamp")
