"""Children that die with us on Windows, whatever ends us: a job object whose last handle is ours. Linux needs none: a
reader child there ends when its pipe does. Imported on Windows only.
"""

from __future__ import annotations

from functools import cache
from typing import Any


def hold(process: int) -> None:
    """Let the child with this handle end when this process does."""
    import win32job

    win32job.AssignProcessToJobObject(_job(), process)


@cache
def _job() -> Any:
    import win32job

    job = win32job.CreateJobObject(None, "")
    limits = win32job.QueryInformationJobObject(job, win32job.JobObjectExtendedLimitInformation)
    limits["BasicLimitInformation"]["LimitFlags"] = win32job.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
    win32job.SetInformationJobObject(job, win32job.JobObjectExtendedLimitInformation, limits)
    return job
