"""The agent's own words to disk: JSON lines, rotated, and only keys of the allowlist. Whatever else somebody logs is
dropped here, because a log is a place where data leaks (promise 9)."""

from __future__ import annotations

import logging
import logging.handlers
import os
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

from agent.errors import ConfigError
from agent.service.events import Tell, telling

_ALLOWED = "event level timestamp dataset store rows sent stream batch kind lines outcome said code who seconds job"
ALLOWED = frozenset(_ALLOWED.split())
FILE_NAME = "fieldgate.log"
_MAX_BYTES = 5 * 1024 * 1024


def configure(folder: Path, tell: Tell | None = None) -> None:
    """Write to folder/fieldgate.log from now on; what matters to the server's own event log is told there too."""
    logging.raiseExceptions = False  # a disk that fills up must not print a traceback for each line
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handler = logging.handlers.RotatingFileHandler(
            folder / FILE_NAME, maxBytes=_MAX_BYTES, backupCount=5, encoding="utf-8"
        )
    except OSError:
        raise ConfigError(
            "FG-C41",
            f"the log folder {folder} cannot be written by this account",
            "give it to the service account, or correct folders.logs in agent.yaml",
        ) from None
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("fieldgate")
    for old in list(logger.handlers):
        logger.removeHandler(old)
        old.close()
    logger.addHandler(handler)
    if os.environ.get("JOURNAL_STREAM"):
        logger.addHandler(_journal())
    logger.setLevel(logging.INFO)
    logger.propagate = False
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_allowed,
            *((telling(tell),) if tell else ()),
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        logger_factory=lambda *_: logger,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )


def _journal() -> logging.Handler:
    """The few lines that matter to systemd's journal as well, each with its priority; whoever looks there first finds
    when the service began, ended, and what failed."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(lambda record: record.levelno >= logging.ERROR or '"job": "daemon"' in record.getMessage())
    handler.setFormatter(_WithPriority())
    return handler


class _WithPriority(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return f"<{3 if record.levelno >= logging.ERROR else 5}>{record.getMessage()}"


def only_allowed(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The gate for log lines: known keys, and of them only names, numbers and our own sentences."""
    return {
        key: value for key, value in event.items() if key in ALLOWED and isinstance(value, str | int | float | bool)
    }
