"""An access record is one byte string, and says no more than what was asked."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from agent.core.access import AccessRecord, ColumnAnswer, judge, read_access_record

RECORD = AccessRecord(
    source="dms",
    dialect="postgresql",
    account="fieldgate_ro",
    asked_at=dt.datetime(2026, 11, 22, 2, tzinfo=dt.UTC),
    inventory_sha256="sha256:00",
    status="refused",
    reasons=(),
    granted=(ColumnAnswer("dbo", "CUSTOMER", "CUST_NO"),),
    refused=(ColumnAnswer("dbo", "CUSTOMER", "SSN", "42501"),),
    readable=(),
    not_shown=(),
)


def test_the_record_survives_its_bytes_and_the_bytes_are_sorted_and_compact() -> None:
    data = RECORD.to_bytes()
    assert read_access_record(data) == RECORD
    assert read_access_record(data).to_bytes() == data
    assert data.startswith(b'{"account":"fieldgate_ro","asked_at":"2026-11-22T02:00:00Z","dialect"')


def test_another_answer_is_another_digest() -> None:
    other = dataclasses.replace(RECORD, refused=(ColumnAnswer("dbo", "CUSTOMER", "SSN", "42000"),))
    assert other.digest() != RECORD.digest()
    assert RECORD.digest().startswith("sha256:")


def test_bytes_that_are_no_record_are_refused() -> None:
    for data in (b"", b"{}", RECORD.to_bytes().replace(b'"refused"', b'"fine"'), RECORD.to_bytes()[:-1]):
        with pytest.raises(ValueError):
            read_access_record(data)


def test_any_doubt_is_wide() -> None:
    column = (ColumnAnswer("dbo", "CUSTOMER", "SSN"),)
    assert judge(reasons=(), readable=(), not_shown=()) == "refused"
    assert judge(reasons=("member_of: x",), readable=(), not_shown=()) == "wide"
    assert judge(reasons=(), readable=column, not_shown=()) == "wide"
    assert judge(reasons=(), readable=(), not_shown=column) == "wide"
