"""What a run did, as plain values: printed by `run --once`, answered over the control channel. Names and counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.errors import ConfigError, FieldgateError
from agent.pipeline import Extraction
from agent.tasks.deliver import Delivery


def run_report(extraction: Extraction, deliveries: list[Delivery]) -> dict[str, Any]:
    """JSON-ready. `errors` has each distinct one once; `exit` is the status that `run --once` ends with."""
    errors = {error.what: error for error in (*extraction.refused, *(d.error for d in deliveries if d.error))}
    stuck = [d.outcome for d in deliveries if d.outcome in ("waiting", "stopped")]
    status = 4 if "waiting" in stuck else 1 if stuck else 0
    return {
        "readings": [
            {
                "dataset": r.dataset,
                "store": r.store,
                "rows": r.rows,
                "may_leave": r.sent,
                "changed": r.changed,
                "withheld": dict(r.withheld),
                "fields_withheld": dict(r.fields),
            }
            for r in extraction.readings
        ],
        "choices_changed": extraction.choices_changed,
        "deliveries": [
            {"outcome": d.outcome, "batch_id": d.batch_id, "kind": d.kind, "lines": d.lines, "said": d.said}
            for d in deliveries
        ],
        "refused": len(extraction.refused),
        "errors": [error_report(error) for error in errors.values()],
        "exit": extraction.refused[0].exit_status if extraction.refused else status,
    }


def error_report(error: FieldgateError) -> dict[str, Any]:
    """The three lines of an error, as values."""
    return {
        "code": error.code,
        "what": error.what,
        "advice": error.advice,
        "who": error.who,
        "exit": error.exit_status,
    }


def error_from(said: Mapping[str, Any]) -> ConfigError:
    """The error that a report tells of, to be shown or raised where the report was asked for."""
    return ConfigError(
        str(said["code"]), str(said["what"]), str(said["advice"]), who=str(said["who"]), exit_status=int(said["exit"])
    )
