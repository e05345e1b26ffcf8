"""How the last try of each job failed, so that `status` and `doctor` say what the run said. Sentences of ours, with
names and codes; no value, no foreign text. A job that succeeds takes its row away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agent.errors import FieldgateError
from agent.state.store import Tx

Job = Literal["start", "extract", "deliver", "pull"]
_COLUMNS = "job, kind, code, what, advice, who, retry, since, at"


@dataclass(frozen=True, slots=True)
class Failure:
    job: str
    kind: str
    code: str
    what: str
    advice: str
    who: str
    retry: str
    since: str  # the first time in a row that it failed with this code
    at: str


def note(tx: Tx, job: Job, error: FieldgateError, at: str) -> None:
    """Keep what a job ended with; the time of the first such end in a row stays."""
    tx.write(
        f"insert into failures ({_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (job) do update set"  # noqa: S608
        " since = case when code = excluded.code then since else excluded.since end, kind = excluded.kind,"
        " code = excluded.code, what = excluded.what, advice = excluded.advice, who = excluded.who,"
        " retry = excluded.retry, at = excluded.at",
        (
            job,
            type(error).__name__,
            error.code,
            error.what,
            error.advice,
            error.who,
            error.retry.value,
            at,
            at,
        ),
    )


def forget(tx: Tx, job: Job) -> None:
    tx.write("delete from failures where job = ?", (job,))


def failures(tx: Tx) -> dict[str, Failure]:
    """Job -> how its last try failed."""
    return {row[0]: Failure(*row) for row in tx.rows(f"select {_COLUMNS} from failures")}  # noqa: S608
