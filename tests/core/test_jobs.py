"""Jobs and frames: what the child is handed, and what a broken pipe means."""

from __future__ import annotations

import datetime as dt
import io

from agent.core.choices import LETTER
from agent.core.jobs import ChoicesFrame, ChoicesJob, DatasetJob, Done, Failed, HandedKeys, packed, read_frame, read_job
from agent.core.source import SourceSettings
from tests.rules import choices, vehicle_sales

SOURCE = SourceSettings("dms", "Example", "sqlite", database="x.sqlite")
KEYS = HandedKeys(*(bytes([65 + i]) * 32 for i in range(5)))
JOB = DatasetJob(SOURCE, "hunter2", vehicle_sales(), "01", "marketing", "opt_out", KEYS, [((7, "a"), (9, "b"))], 5000,
                 dt.date(2026, 11, 22))  # fmt: skip


def test_jobs_and_frames_arrive_as_they_were_sent() -> None:
    pipe = io.BytesIO(packed(JOB) + packed(ChoicesJob(SOURCE, "", choices(), b"p" * 32, [], 10)))
    assert read_job(pipe.read) == JOB
    assert read_job(pipe.read).rules == choices()
    assert read_job(pipe.read) is None
    pipe = io.BytesIO(packed(Done(3)) + packed(Failed("SourceError", "a", "b", "c")))
    assert read_frame(pipe.read) == Done(3)
    assert read_frame(pipe.read) == Failed("SourceError", "a", "b", "c")


def test_a_frame_cut_anywhere_is_the_end_and_never_half_a_frame() -> None:
    whole = packed(Done(3))
    for cut in range(len(whole)):
        assert read_frame(io.BytesIO(whole[:cut]).read) is None


def test_a_length_no_honest_frame_has_is_the_end() -> None:
    assert read_frame(io.BytesIO(b"\xff\xff\xff\xff" + b"x" * 100).read) is None


def test_the_child_is_handed_no_key_it_does_not_need() -> None:
    assert HandedKeys.__struct_fields__ == ("id", "nonce", "pseudonym", "recipient_pseudonym", "persons")
    for kind in (DatasetJob, ChoicesJob):
        names = set(kind.__struct_fields__)
        assert not names & {"signing", "atrest", "outbox", "recipient", "endpoint", "state", "url", "token"}


def test_no_repr_shows_a_password_key_or_state() -> None:
    frame = ChoicesFrame(0, True, None, b"\x01" * 16, ["".join(LETTER.values())])
    shown = repr(JOB) + repr(KEYS) + repr(frame) + repr(ChoicesJob(SOURCE, "hunter2", choices(), b"p" * 32, [], 1))
    assert "hunter2" not in shown
    assert "AAAA" not in shown
    assert "pppp" not in shown
    assert "rgnu" not in shown
