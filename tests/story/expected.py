"""What the OEM must hold of customer-crm, said by SQL and a transform of this file's own. Imports nothing of ours."""

from __future__ import annotations

import hashlib
import re

MAKE = "EXAMPLE"


def keyed(key, first, *parts):
    data = b"\x01" + b"".join(len(p.encode()).to_bytes(4, "big") + p.encode() for p in (first, *parts))
    return hashlib.blake2b(data, key=key, digest_size=16).hexdigest()


def trimmed(cell):
    return None if cell is None else cell.rstrip(" \0") or None


def text(cell, limit):
    """The value, or KeyError("stays") for what does not fit."""
    cell = trimmed(cell)
    if cell is not None and (len(cell) > limit or "\ufffd" in cell or marked(cell)):
        raise KeyError("stays")
    return cell


def marked(cell):
    return any(
        c == "\u00fd" and not (cell[i - 1 : i].islower() or cell[i + 1 : i + 2].islower()) for i, c in enumerate(cell)
    )


def whole(cell):
    return None if trimmed(cell) is None else int(cell)


def day(cell):
    cell = trimmed(cell)
    if cell in (None, "0", "00010101"):
        return None
    digits = cell.replace("-", "")
    if len(digits) != 8 or not digits.isdigit():
        raise KeyError("stays")
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"


def no(said, channel, unknown):
    """Whether a code of BLOCK_x / x_OK columns keeps the channel's fields here."""
    code = trimmed(said[channel])
    refused = "N" if channel in ("CALL_OK", "SMS_OK") else "Y"
    return code == refused or (code not in ("Y", "N") and unknown == "withhold")


CHOICES = ("OPT_OUT", "BLOCK_EMAIL", "BLOCK_MAIL", "CALL_OK", "SMS_OK")
UNKNOWN = {"OPT_OUT": "send", "BLOCK_EMAIL": "send", "BLOCK_MAIL": "send", "CALL_OK": "withhold", "SMS_OK": "withhold"}


class Expected:
    """`ask(sql)` gives rows of texts, `table(name)` a quoted name, `secret(name)` a key."""

    def __init__(self, ask, table, secret, stream_of):
        self.ask, self.table, self.secret, self.stream_of = ask, table, secret, stream_of
        choice_rows = self.rows("CUSTOMER", ("CUST_NO", *CHOICES))
        self.said = {trimmed(row["CUST_NO"]): row for row in choice_rows}

    def rows(self, table, columns, where=""):
        names = ", ".join(f'"{c}"' for c in columns)
        found = self.ask(f"SELECT {names} FROM {self.table(table)} {where}")
        return [dict(zip(columns, row, strict=True)) for row in found]

    def refused(self, person, channel):
        """An unknown person (no row) has said nothing."""
        said = self.said.get(person, dict.fromkeys(CHOICES))
        return person is not None and no(said, channel, UNKNOWN[channel])

    def all(self):
        made = {}
        for store, stream in self.stream_of.items():
            made |= self.of_store(store, stream)
        return made

    def of_store(self, store, stream):
        ids = self.secret(f"stream:{stream}:id")
        names = self.secret(f"stream:{stream}:pseudonym")
        here = f"WHERE RTRIM(\"STORE_NO\") = '{store}'"
        cars = self.rows("VEHICLE", ("VIN", "OWNER_NO", "MAKE", "MODEL", "YEAR", "ODOMETER", "STORE_NO"))
        make = {trimmed(c["VIN"]): trimmed(c["MAKE"]) for c in cars}
        year = {trimmed(c["VIN"]): c["YEAR"] for c in cars}
        owners = {trimmed(c["OWNER_NO"]) for c in cars if trimmed(c["MAKE"]) == MAKE}
        made = {}

        def put(dataset, key, people, fields):
            if any(self.refused(p, "OPT_OUT") for p in people):
                return
            found = {}
            for name, (value, args, channels) in fields.items():
                if not any(self.refused(p, c) for p in people for c in channels):
                    try:
                        found[name] = value(*args)
                    except KeyError:
                        continue
            made[store, dataset, keyed(ids, dataset, key)] = found

        def pseudonym(category, cell):
            return None if trimmed(cell) is None else keyed(names, category, trimmed(cell))

        columns = ("CUST_NO", "FIRST_NAME", "LAST_NAME", "EMAIL1", "CELL_PHONE", "ZIP", "LANGUAGE")
        for row in self.rows("CUSTOMER", columns, here):
            key = trimmed(row["CUST_NO"])
            if key in owners:
                put("customers", key, [key], {
                    "customer_id": (pseudonym, ("customer_id", key), ()),
                    "given_name": (text, (row["FIRST_NAME"], 40), ()),
                    "family_name": (text, (row["LAST_NAME"], 60), ()),
                    "email": (text, (row["EMAIL1"], 120), ("BLOCK_EMAIL",)),
                    "phone": (text, (row["CELL_PHONE"], 20), ("CALL_OK", "SMS_OK")),
                    "postal_code": (lambda z: (text(z, 10) or "")[:3] or None, (row["ZIP"],), ("BLOCK_MAIL",)),
                    "language": (text, (row["LANGUAGE"], 3), ()),
                })  # fmt: skip
        for row in cars:
            if trimmed(row["STORE_NO"]) == store and trimmed(row["MAKE"]) == MAKE:
                put("vehicles", trimmed(row["VIN"]), [trimmed(row["OWNER_NO"])], {
                    "customer_id": (pseudonym, ("customer_id", row["OWNER_NO"]), ()),
                    "vin": (text, (row["VIN"], 17), ()),
                    "make": (text, (row["MAKE"], 20), ()),
                    "model": (text, (row["MODEL"], 30), ()),
                    "model_year": (whole, (row["YEAR"],), ()),
                    "odometer": (whole, (row["ODOMETER"],), ()),
                })  # fmt: skip
        columns = ("DEAL_NO", "VIN", "DELIVERY_DT", "BUYER_NO", "COBUYER_NO", "DEAL_STATUS")
        for row in self.rows("SALES_DEAL", columns, here):
            vin = trimmed(row["VIN"])
            if make.get(vin) == MAKE and trimmed(row["DEAL_STATUS"]) == "F":
                put("vehicle_sales", row["DEAL_NO"], [trimmed(row["BUYER_NO"]), trimmed(row["COBUYER_NO"])], {
                    "sale_id": (pseudonym, ("record_id", row["DEAL_NO"]), ()),
                    "vin": (text, (row["VIN"], 17), ()),
                    "model_year": (whole, (year[vin],), ()),
                    "delivery_date": (day, (row["DELIVERY_DT"],), ()),
                    "buyer_id": (pseudonym, ("customer_id", row["BUYER_NO"]), ()),
                    "co_buyer_id": (pseudonym, ("customer_id", row["COBUYER_NO"]), ()),
                })  # fmt: skip
        columns = ("RO_NO", "CUST_NO", "VIN", "ODOMETER_IN", "OPEN_DT", "CLOSE_DT")
        for row in self.rows("REPAIR_ORDER", columns, here):
            if make.get(trimmed(row["VIN"])) == MAKE:
                put("service_visits", row["RO_NO"], [trimmed(row["CUST_NO"])], {
                    "repair_order_id": (pseudonym, ("record_id", row["RO_NO"]), ()),
                    "customer_id": (pseudonym, ("customer_id", row["CUST_NO"]), ()),
                    "vin": (text, (row["VIN"], 17), ()),
                    "odometer": (whole, (row["ODOMETER_IN"],), ()),
                    "repair_order_opened_date": (day, (row["OPEN_DT"],), ()),
                    "repair_order_completed_date": (day, (row["CLOSE_DT"],), ()),
                })  # fmt: skip
        return made


def expected(world, oem):
    """What this OEM must be able to use, by a customer-crm policy as shipped."""
    streams = {store: stream for (recipient, store), stream in world.streams().items() if recipient == oem}
    return Expected(world.sql, world.table, world.desk.store.secret, streams).all()


LOOKS_LIKE_A_DEAL = {"Cash", "Lease", "Loan", "Grant"}  # family names that a screen may keep back
SSN = re.compile(r"\d{3}-\d{2}-\d{4}")  # typed into a name: a screen must keep it back


def screened(value):
    return isinstance(value, str) and SSN.search(value) is not None


def differences(held, wanted):
    """What one holds and the other does not, but for values that the screen must or may keep back."""
    found = []
    for key in held.keys() | wanted.keys():
        here, there = held.get(key), wanted.get(key)
        if here is not None and there is not None:
            there = {n: v for n, v in there.items() if not screened(v) and (n in here or v not in LOOKS_LIKE_A_DEAL)}
        if here != there:
            found.append((key, here, there))
    return found
