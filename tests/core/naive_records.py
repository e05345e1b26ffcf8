"""What may leave of a row, said once more row by row with plain dicts. Imports nothing of ours: the other opinion.

A case is a dict: `fields` (name, category, kind, transform, keep, person, on_hit), `people` (name), `choices` (channel,
refused, allowed, recorded_yes, unknown) or None, `regime`, `purpose`, keys. A row is a dict: `key` (cell, text),
`cells` {field: (cell, meaning)}, `who` {person: (cell, text)}, `said` {person: {channel: cell}}. A meaning is the wire
value the author of the test expects, or "!reason".
"""

from __future__ import annotations

import hashlib
import json

OBEYS = {"email": ["email"], "phone": ["phone", "sms"], "postal_code": ["mail"], "address": ["mail"]}


def keyed(key, *parts):
    """Keyed BLAKE2b-128 over version, length-prefixed texts and raw bytes."""
    data = b"\x01"
    for part in parts:
        data += part if isinstance(part, bytes) else len(part.encode()).to_bytes(4, "big") + part.encode()
    return hashlib.blake2b(data, key=key, digest_size=16).digest()


def outcome(case, row):
    """("record", fields, {field: reason}) or ("withheld", reason)."""
    if row["key"][1] is None:
        return "withheld", "key_not_readable"
    people = [p for p in case["people"] if row["who"][p][1] is not None]
    if any(not allowed(case, "everything", row["said"][p], elsewhere(case, row, p)) for p in people):
        return "withheld", "choice"
    if any("everything" in elsewhere(case, row, p)[0] for p in people):
        return "withheld", "choice"
    fields, missing = {}, {}
    for field in case["fields"]:
        value = meaning(case, field, row)
        obeyed = [] if case["purpose"] == "warranty_recall" else OBEYS.get(field["category"], [])
        for person in people if field["person"] is None else [p for p in people if p == field["person"]]:
            if obeyed and not any(channel in channels(case) for channel in obeyed):
                value = "!no_choice_column"
            if any(not allowed(case, channel, row["said"][person], elsewhere(case, row, person)) for channel in obeyed):
                value = "!choice"
        for person in people if field["person"] is None else [p for p in people if p == field["person"]]:
            if any(channel in elsewhere(case, row, person)[0] for channel in OBEYS.get(field["category"], [])):
                value = "!choice"
        if value == "!screen" and field["on_hit"] == "withhold_record":
            return "withheld", "screen"
        if isinstance(value, str) and value.startswith("!"):
            missing[field["name"]] = value[1:]
        else:
            fields[field["name"]] = value
    return "record", fields, missing


def channels(case):
    return {column["channel"]: column for column in case["choices"] or []}


def elsewhere(case, row, person):
    """(what one person stopped, to what there is a yes) apart from the DMS."""
    return case["elsewhere"].get(row["who"][person][1], ((), ()))


def allowed(case, channel, said, elsewhere=((), ())):
    """Whether what one person said lets data of a channel leave."""
    column = channels(case).get(channel)
    if column is None or case["purpose"] == "warranty_recall":
        return True
    code = said[channel].rstrip() if isinstance(said[channel], str) else None
    if code in column["refused"]:
        return False
    if channel in elsewhere[1]:
        return True
    if case["regime"] == "opt_in":
        return code in column["allowed"] and column["recorded_yes"]
    return code in column["allowed"] or column["unknown"] == "send"


def meaning(case, field, row):
    cell, value = row["cells"][field["name"]]
    if field["transform"] == "suppress":
        return None
    if field["transform"] == "pseudonymize":
        if isinstance(cell, bytes) or "\ufffd" in str(cell):
            return "!unreadable"
        text = None if cell is None else str(cell).rstrip() or None
        return None if text is None else keyed(case["keys"]["pseudonym"], field["category"], text).hex()
    if field["transform"] == "keep_first" and isinstance(value, str):
        if value == "!screen":
            return cell[: field["keep"]]
        return value if value.startswith("!") else value[: field["keep"]]
    if field["transform"] == "mask" and isinstance(value, str):
        if value == "!screen":
            value = cell.rstrip()
        return value if value.startswith("!") else value[0] + "*" * (len(value) - 1)
    return value


def line_of(case, row, fields):
    """The exact bytes on the wire."""
    body = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    record_id = keyed(case["keys"]["id"], case["dataset"], row["key"][1])
    nonce = keyed(case["keys"]["nonce"], case["dataset"], record_id, body)
    line = {"dataset": case["dataset"], "fields": fields, "id": record_id.hex(), "nonce": nonce.hex(), "op": "upsert"}
    return json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
