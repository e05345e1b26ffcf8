"""A value planted in every column that is not granted, and in granted cells that must stay: searched for everywhere.

The search decrypts, decompresses and opens what the agent and the OEM keep, and proves with the customers' allowed
markers that it can see.
"""

from __future__ import annotations

import base64
import contextlib
import io
import logging
import os
import pickle
import sqlite3
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
import re2
import structlog

from agent.core.jobs import DatasetJob, HandedKeys
from agent.core.ruleset import Ruleset
from agent.demo.dms import SCHEMA, marker
from agent.errors import FieldgateError
from agent.keys.atrest import Sealed
from agent.service import reader
from agent.service.log import configure
from agent.state import outbox
from agent.tasks.access import queries_of
from agent.tasks.claim import batch_aad
from agent.tasks.desk import stream_keys
from agent.tasks.enroll import open_streams
from agent.tasks.outgoing import opened_body
from agent.tasks.permission import policies_in_force
from tests.story.world import OEM, World, world


def canary(number: int) -> str:
    """Unique, and an SSN by its structure."""
    return f"{500 + number // 80:03d}-{10 + number % 80:02d}-{7000 + number:04d}"


def disguises(value: str) -> set[bytes]:
    bare = value.replace("-", "")
    found = set()
    for text in (value, bare, value[::-1], bare[::-1]):
        raw = text.encode()
        found |= {raw, raw.hex().encode(), raw.hex().upper().encode(), text.encode("utf-16-le")}
        # base64 of a value inside other text depends on where it stands: the three inner shapes. Of nine bare digits an
        # inner shape shows six, and six digits stand by chance in the digests of any signed text: the whole one only.
        for shift in range(3) if "-" in text else ():
            whole = base64.b64encode(b"\0" * shift + raw)
            found.add(whole[4 if shift else 0 : -4])
        found.add(base64.b64encode(raw))
    return found


def granted(made: World, ruleset: Ruleset) -> set[tuple[str, str]]:
    return {(t.name, c) for query in queries_of(made.desk, ruleset, "dms") for t, c in query.touches}


def plant(made: World) -> dict[str, str]:
    """Canaries in every column no query touches, then in touched cells that may not leave; canary -> where."""
    touched, where = granted(made, policies_in_force(made.desk)), {}
    for table in SCHEMA.values():
        for column in table.names:
            if (table.name, column) not in touched and column not in table.key:  # SQLite holds numeric keys to numbers
                value = canary(len(where))
                where[value] = f"{table.name}.{column}"
                made.sql(f"UPDATE {made.table(table.name)} SET \"{column}\" = '{value}'")
    customers = [row[0] for row in made.sql(
        f'SELECT DISTINCT "OWNER_NO" FROM {made.table("VEHICLE")} WHERE "MAKE" = \'EXAMPLE\' ORDER BY 1 LIMIT 12'
    )]  # fmt: skip
    cells = [
        ("CUSTOMER", "FIRST_NAME", "SSN {}"), ("CUSTOMER", "LAST_NAME", "{}"), ("CUSTOMER", "LANGUAGE", "{}"),
        ("CUSTOMER", "ZIP", "0 {}"), ("CUSTOMER", "CALL_OK", "{}"), ("CUSTOMER", "OPT_OUT", "{}"),
        ("CUSTOMER", "LAST_CHANGED", "{}"), ("CUSTOMER", "EMAIL1", "ssn {}"), ("CUSTOMER", "CELL_PHONE", "SSN {}"),
        ("VEHICLE", "ODOMETER", "{}"), ("VEHICLE", "YEAR", "SSN {}"), ("VEHICLE", "MODEL", "SSN {}"),
        ("SALES_DEAL", "COBUYER_NO", "{}"), ("SALES_DEAL", "DELIVERY_DT", "{}"),
        ("REPAIR_ORDER", "CLOSE_DT", "{}"), ("REPAIR_ORDER", "ODOMETER_IN", "{}"),
    ]  # fmt: skip
    owner = {"CUSTOMER": "CUST_NO", "VEHICLE": "OWNER_NO", "SALES_DEAL": "BUYER_NO", "REPAIR_ORDER": "CUST_NO"}
    for i, (table, column, form) in enumerate(cells):
        value = canary(len(where))
        where[value] = f"{table}.{column}, a cell that stays"
        who = customers[i % len(customers)]
        cell = form.format(value)
        made.sql(f'UPDATE {made.table(table)} SET "{column}" = \'{cell}\' WHERE "{owner[table]}" = {who}')
    return where


def everything(made: World, root: Path, more: bytes) -> Iterator[tuple[str, bytes]]:
    """(place, bytes) of all that exists but the DMS itself and the agent's own keys."""
    yield "what was said", more
    with made.desk.state.reading() as tx:
        for body in outbox.bodies(tx):
            content = opened_body(made.desk, body)
            yield f"waiting body {body.body_id}", b"".join(content.lines)
            yield f"reprs of body {body.body_id}", f"{body!r} {content!r}".encode()
        for batch in outbox.batches(tx):
            if batch.content and batch.body_key:
                sealed = Sealed(batch.body_key, batch.content)
                yield f"batch {batch.seq}", made.desk.atrest.open(sealed, batch_aad(batch.batch_id))
            yield f"repr of batch {batch.seq}", repr(batch).encode()
    for path in sorted(root.rglob("*")):
        if path.is_file() and "dms" not in path.relative_to(root).parts and "keys" not in path.parts:
            data = path.read_bytes()
            yield str(path.relative_to(root)), data
            if data.startswith(b"SQLite format 3"):
                yield f"cells of {path.name}", _cells(path)


def _cells(path: Path) -> bytes:
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        tables = [row[0] for row in db.execute("select name from sqlite_master where type = 'table'")]
        return b"\n".join(
            cell if isinstance(cell, bytes) else str(cell).encode()
            for table in tables
            for row in db.execute(f'select * from "{table}"')
            for cell in row
        )
    finally:
        db.close()


def leaks(places: Iterator[tuple[str, bytes]], where: dict[str, str]) -> list[str]:
    shapes = {shape: value for value in where for shape in disguises(value)}
    options = re2.Options()
    options.encoding, options.max_mem = re2.Options.Encoding.LATIN1, 1 << 28
    search = re2.compile(b"|".join(b"".join(b"\\x%02x" % byte for byte in shape) for shape in shapes), options)
    return [
        f"{where[shapes[hit]]} found in {place}"
        for place, data in places
        for hit in {m[0] for m in search.finditer(data)}
    ]


def test_the_search_finds_every_disguise() -> None:
    for shape in disguises(canary(7)):
        assert leaks(iter([("here", b"xx" + shape + b"yy")]), {canary(7): "T.C"}) == ["T.C found in here"]


@pytest.fixture
def said(tmp_path: Path) -> Iterator[io.StringIO]:
    """Everything any logger says, and a temporary folder of this test's own."""
    words = io.StringIO()
    handler = logging.StreamHandler(words)
    logging.getLogger().addHandler(handler)
    kept = {name: os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")}
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    os.environ.update(dict.fromkeys(kept, str(temporary)))
    tempfile.tempdir = None
    yield words
    for name, value in kept.items():
        os.environ.pop(name)
        if value is not None:
            os.environ[name] = value
    tempfile.tempdir = None
    logging.getLogger().removeHandler(handler)
    structlog.reset_defaults()


def attempt(work: object, words: io.StringIO) -> None:
    """Run it; whatever it raises is said aloud, with all its causes and the locals' reprs that a traceback has."""
    try:
        with contextlib.redirect_stdout(words), contextlib.redirect_stderr(words):
            work()  # type: ignore[operator]
    except FieldgateError as error:
        words.write("".join(traceback.format_exception(error)) + error.what + error.advice + repr(error))
        words.write("".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()))


def test_no_canary_gets_out_and_every_marker_does(
    tmp_path: Path, said: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    with world(tmp_path, customers=25) as made:
        made.approve()
        made.enroll()
        where = plant(made)
        assert len(where) > 150
        configure(made.folder / "logs")
        attempt(made.extract, said)
        waiting = list(everything(made, tmp_path, b""))
        attempt(made.deliver, said)
        attempt(made.run, said)
        out, err = capfd.readouterr()
        words = said.getvalue() + out + err
        assert leaks(iter(waiting), where) == []
        assert leaks(everything(made, tmp_path, words.encode()), where) == []
        assert words.count("Traceback") == 0

        emails = {str(f["email"]) for (_, d, _), f in made.held().items() if d == "customers" and f.get("email")}
        allowed = {
            text for text in (marker(int(row[0] or 0)) for row in made.sql(
                f'SELECT "CUST_NO" FROM {made.table("CUSTOMER")}')) if any(text in email for email in emails)
        }  # fmt: skip
        assert len(allowed) >= 8
        found = dict(everything(made, tmp_path, words.encode()))
        seen = {text for text in allowed for place, data in found.items() if OEM in place and text.encode() in data}
        assert seen == allowed, "the search cannot see"
        state = found["agent/state/fieldgate.db"] + found.get("agent/state/fieldgate.db-wal", b"")
        assert not [text for text in allowed if text.encode() in state], (
            "allowed data stands unsealed in the state file"
        )
        bodies = b"".join(data for place, data in waiting if place.startswith("waiting body"))
        assert [text for text in allowed if text.encode() in bodies], "the search cannot open a body"


def test_no_error_of_reader_driver_or_database_repeats_a_canary(tmp_path: Path, said: io.StringIO) -> None:
    with world(tmp_path, customers=25) as made:
        made.approve()
        made.enroll()
        where = plant(made)
        configure(made.folder / "logs")
        customer = made.table("CUSTOMER")
        value = next(iter(where))
        renamed = f'ALTER TABLE {customer} RENAME COLUMN "LANGUAGE" TO "LANG"'
        # the engine's own complaint about a value: a view that takes the canary for JSON
        wrong_value = f"""ALTER TABLE {customer} RENAME COLUMN "LANG" TO "LANGUAGE";
            UPDATE {customer} SET "LANGUAGE" = '{value}'; ALTER TABLE {customer} RENAME TO CUSTOMER_BASE;
            CREATE VIEW CUSTOMER AS SELECT *, json_extract("LANGUAGE", '$') AS X FROM CUSTOMER_BASE"""
        breakages = [renamed, wrong_value, "DROP VIEW CUSTOMER", "DROP TABLE CUSTOMER_BASE"]
        for breakage in breakages:
            made.sql(breakage)
            attempt(made.run, said)
        made.engine.file.write_bytes(b"not a database " + value.encode() * 100)  # type: ignore[attr-defined]
        attempt(made.run, said)
        words = said.getvalue()
        assert words.count("Traceback") >= 2, "the breakages broke nothing"  # the others refuse their dataset alone
        assert leaks(everything(made, tmp_path, words.encode()), where) == []


def test_an_unforeseen_error_in_the_reader_keeps_its_name_and_loses_its_text(tmp_path: Path) -> None:
    with world(tmp_path, customers=25) as made:
        made.approve()
        made.enroll()
        ruleset = policies_in_force(made.desk)
        [policy] = ruleset.policies
        stream = open_streams(made.desk, ruleset)[0]
        keys = stream_keys(made.desk, stream.stream_id, stream.recipient)
        rules = policy.dataset("customers")
        assert rules
        job = DatasetJob(
            made.config.sources["dms"], "", rules, "01", policy.purpose, policy.regime,
            HandedKeys(keys.id, keys.nonce, b"x" * 99, keys.recipient_pseudonym, keys.persons),  # too long a key
            [(None, None)], 10, made.clock().date(),
        )  # fmt: skip
        *_, last = reader.answer(job)
        assert last.code == "FG-S99"
        assert "ValueError" in last.what
        assert "xxx" not in repr(last)


def test_nothing_that_holds_a_secret_can_be_pickled_by_accident_into_a_log(tmp_path: Path) -> None:
    with world(tmp_path, customers=5) as made:
        with pytest.raises(TypeError):
            pickle.dumps(made.desk.signer)
        shown = repr(made.desk) + repr(made.desk.store) + repr(made.desk.atrest) + repr(made.config)
        for name in ("atrest", "persons"):
            secret = made.desk.store.secret(name)
            assert secret.hex() not in shown
            assert repr(secret)[2:-1] not in shown
