"""What the OEM must hold, said by SQL and a transform of this file's own, and what it does hold, read from its file.
Imports nothing of ours: two files and a folder of keys in, differences in words out."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

CANARY = "Canary7731Value"  # stands in columns that nobody may read
GRANTED = {
    "customers": {"customer_id", "given_name", "email", "postal_code"},
    "service_visits": {"repair_order_id", "customer_id", "odometer", "repair_order_opened_date"},
}


def keyed(key, first, *parts):
    data = b"\x01" + b"".join(len(p.encode()).to_bytes(4, "big") + p.encode() for p in (first, *parts))
    return hashlib.blake2b(data, key=key, digest_size=16).hexdigest()


def rows(file, sql, *values):
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=20)) as db:
        return db.execute(sql, values).fetchall()


def secret(keys: Path, stream, use):
    return (keys / f"k-stream+{stream}+{use}.key").read_bytes()


def cut(cell, length):
    cell = (cell or "").rstrip()
    return cell[:length] or None


def wanted(dms: Path, keys: Path, stream: str) -> dict:
    """(dataset, id) -> fields. Who refused everything, or never said that this is all right, is not in it."""
    ids, names = secret(keys, stream, "id"), secret(keys, stream, "pseudonym")
    made = {}
    people = rows(dms, "SELECT CUST_NO, FIRST_NAME, EMAIL1, ZIP, BLOCK_EMAIL, BLOCK_MAIL FROM CUSTOMER"
                       " WHERE rtrim(STORE_NO) = '01' AND OPT_OUT = 'N'")  # fmt: skip
    for number, first, email, postal, no_email, no_mail in people:
        fields = {"customer_id": keyed(names, "customer_id", str(number)), "given_name": cut(first, 60)}
        if no_email != "Y":
            fields["email"] = cut(email, 120)
        if no_mail == "N":
            fields["postal_code"] = cut(postal, 3)
        made["customers", keyed(ids, "customers", str(number))] = fields
    visits = rows(dms, "SELECT RO_NO, r.CUST_NO, ODOMETER_IN, OPEN_DT FROM REPAIR_ORDER r JOIN CUSTOMER c"
                       " ON c.CUST_NO = r.CUST_NO WHERE rtrim(r.STORE_NO) = '01' AND c.OPT_OUT = 'N'")  # fmt: skip
    for number, customer, odometer, opened in visits:
        made["service_visits", keyed(ids, "service_visits", str(number))] = {
            "repair_order_id": keyed(names, "record_id", str(number)),
            "customer_id": keyed(names, "customer_id", str(customer)),
            "odometer": odometer,
            "repair_order_opened_date": opened,
        }
    return made


def refusing(dms: Path, keys: Path, stream: str, people) -> set:
    """The ids of everything about these people."""
    ids = secret(keys, stream, "id")
    found = {("customers", keyed(ids, "customers", str(number))) for number in people}
    marks = ",".join("?" * len(people))
    for (number,) in rows(dms, f"SELECT RO_NO FROM REPAIR_ORDER WHERE CUST_NO IN ({marks})", *people):
        found.add(("service_visits", keyed(ids, "service_visits", str(number))))
    return found


def usable(receiver: Path, stream: str) -> dict:
    """(dataset, id) -> fields of what this stream's OEM may use: held, and not to be left alone as a whole."""
    found = rows(receiver, "SELECT dataset, id, fields FROM records r WHERE stream_id = ?1 AND NOT EXISTS"
                           " (SELECT 1 FROM suppressions s WHERE s.stream_id = ?1 AND s.dataset = r.dataset"
                           " AND s.id = r.id AND s.channel = 'all')", stream)  # fmt: skip
    return {(dataset, record): json.loads(fields) for dataset, record, fields in found}


def last_operation(receiver: Path) -> int:
    return rows(receiver, "SELECT coalesce(max(op_no), 0) FROM operations")[0][0]


def differences(dms: Path, keys: Path, receiver: Path, stream: str) -> list[str]:
    """Lost (wanted and not usable there), too much (usable and not wanted), other (with other fields)."""
    there, here = usable(receiver, stream), wanted(dms, keys, stream)
    found = [f"lost {key}" for key in here.keys() - there.keys()]
    found += [f"too much {key}" for key in there.keys() - here.keys()]
    found += [f"other {key}" for key in here.keys() & there.keys() if here[key] != there[key]]
    return sorted(found)


def improper(receiver: Path, stream: str) -> list[str]:
    """What may never be in the OEM's log of operations, whatever broke on the way there."""
    found = []
    seqs = [seq for (seq,) in rows(receiver, "SELECT seq FROM batches WHERE stream_id = ? ORDER BY seq", stream)]
    if seqs != list(range(1, len(seqs) + 1)):
        found.append(f"the sequence has a gap: {seqs}")
    if rows(receiver, "SELECT 1 FROM gaps WHERE stream_id = ?", stream):
        found.append("the OEM saw a gap")
    said: dict = {}
    for dataset, record, op, line in rows(
        receiver, "SELECT dataset, id, op, line FROM operations WHERE stream_id = ? ORDER BY op_no", stream
    ):
        if op == "upsert" and said.get((dataset, record)) == line:
            found.append(f"doubled {dataset} {record}")
        said[dataset, record] = line if op == "upsert" else None
        if op == "upsert" and not set(json.loads(line)["fields"]) <= GRANTED[dataset]:
            found.append(f"a field nobody granted: {dataset} {record}")
        if CANARY.encode() in line:
            found.append(f"a value nobody may read: {dataset} {record}")
    return found


def forbidden_since(receiver: Path, stream: str, mark: int, barred: set) -> list[str]:
    """Records of people who refuse, sent after the OEM's operation number `mark`."""
    sent = rows(receiver, "SELECT dataset, id FROM operations WHERE stream_id = ? AND op_no > ? AND op = 'upsert'",
                stream, mark)  # fmt: skip
    return [f"forbidden {key}" for key in sent if tuple(key) in barred]
