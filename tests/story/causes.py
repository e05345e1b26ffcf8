"""The table of bad input: each cause, made for real, and what a person is told. test_bad_input.py holds the program to
it and docs/troubleshooting.md is written from it, so neither can say what the other does not.

In `says` and `do`, `...` stands for what differs from machine to machine.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tests.story import breaking as b
from tests.story.house import OEM, House

Make = Callable[[House], AbstractContextManager[None]]


@dataclass(frozen=True)
class Cause:
    name: str
    title: str
    make: Make
    code: str
    exit: int
    who: str
    says: str
    do: str
    leg: str  # of doctor
    after_a_run: bool = False  # made in a house that has run before
    apart: bool = False  # the cause takes hold in a process of its own only
    long: bool = False  # a variant of another one: made with --long only
    errors: int = 1  # a dataset and the choices it obeys are refused each for itself


IT, INSTALLER, OFFICER, SECURITY = (
    "dealer IT",
    "whoever installed fieldgate",
    "compliance officer",
    "dealer IT and the compliance officer",
)
_RESTORE = "stop the agent, put the last backup in its place, then: fieldgate resync"
_RECEIPT = "Nothing counts as delivered. Run: fieldgate doctor; if it repeats, call the OEM"
_PAGE = (
    "look what answers there: a proxy's page, a log-in page, or another server; correct recipients.*.endpoint in"
    " agent.yaml where it is wrong, then: fieldgate doctor; nothing counts as delivered"
)
_NO_RECEIPT = f"{OEM} answered without a receipt that counts: the receipt"
_CORRECT = "correct ... and try again"
_UNDO = (
    "have the DBA undo the change; or keep a new inventory, raise `version`, have it approved, and: fieldgate policy"
    " import FILE"
)

CAUSES = (
    Cause("no-yaml", "agent.yaml is not there", b.no_yaml, "FG-C01", 1, INSTALLER,
          "there is no ...agent.yaml", "run `fieldgate setup --files-only`, or name the file with --config",
          "Settings"),
    Cause("yaml-tab", "agent.yaml: a tab", b.yaml_tab, "FG-C03", 1, INSTALLER,
          "agent.yaml has 1 problem(s): line ...: ...tab...", _CORRECT, "Settings"),
    Cause("yaml-twice", "agent.yaml: a key stands twice", b.yaml_twice, "FG-C03", 1, INSTALLER,
          "agent.yaml has 1 problem(s): line ...: `keys` is listed twice...", _CORRECT, "Settings", long=True),
    Cause("yaml-unknown-key", "agent.yaml: a key nobody knows", b.yaml_unknown_key, "FG-C03", 1, INSTALLER,
          "agent.yaml has 1 problem(s): line ...: skip_screen: this key is not known here", _CORRECT, "Settings",
          long=True),
    Cause("yaml-password", "agent.yaml: a password written out", b.yaml_password, "FG-C03", 1, INSTALLER,
          "agent.yaml has 1 problem(s): line ...: sources.dms.password: a password never stands in this file: write"
          " key:NAME and store it with `fieldgate setup`", _CORRECT, "Settings"),
    Cause("no-driver-manager", "no ODBC driver manager", b.no_driver_manager, "odbc_missing", 4, INSTALLER,
          "the ODBC driver manager (libodbc.so.2) is not on this machine",
          "Debian and Ubuntu: apt-get install unixodbc   Red Hat: dnf install unixODBC   then: fieldgate doctor",
          "Database", apart=True),
    Cause("no-driver", "no ODBC driver", b.no_driver, "driver_missing", 4, INSTALLER,
          "the ODBC driver `No Such Driver` is not on this machine",
          "apt-get install ..., or correct `driver:` in agent.yaml (`odbcinst -q -d` lists names); then: fieldgate"
          " doctor", "Database"),
    Cause("hung-driver", "an ODBC driver that hangs", b.hung_driver, "driver_hangs", 4, IT,
          "the ODBC driver of source dms did not answer within ... s",
          "look whether the database server answers and is not locked; nothing is lost, the next run tries again",
          "Database", apart=True, long=True),
    Cause("odbc-tracing", "ODBC tracing is on", b.odbc_tracing, "odbc_tracing", 1, INSTALLER,
          "ODBC tracing is on: everything that is read would be written to a trace file",
          "set Trace=No under [ODBC] in odbcinst.ini (Windows: ODBC Data Sources, Tracing), then: fieldgate doctor",
          "Database", long=True),
    Cause("no-database-file", "a database file that is not there", b.no_database_file, "file_missing", 4, IT,
          "there is no SQLite file at ...gone.db",
          "correct `database:` of this source in agent.yaml, then: fieldgate doctor", "Database", long=True),
    Cause("table-gone", "a table that was renamed since the import", b.unknown_table, "FG-A11", 3, OFFICER,
          "...: table main.CUSTOMER is not there any more: not what the policy was approved over. Nothing of it was"
          " read", _UNDO, "Database", errors=2),
    Cause("column-gone", "a column that was renamed since the import", b.unknown_column, "FG-A11", 3, OFFICER,
          "...: column EMAIL1 of main.CUSTOMER is not there any more: not what the policy was approved over. Nothing"
          " of it was read", _UNDO, "Database", after_a_run=True, errors=2),
    Cause("retyped-column", "a column that has another type now", b.retyped_column, "FG-A11", 3, OFFICER,
          "...: column ZIP of main.CUSTOMER was char(10) and is integer now: not what the policy was approved over."
          " Nothing of it was read", _UNDO, "Database", after_a_run=True),
    Cause("policy-edited", "a policy that was edited after its approval", b.policy_edited, "A001", 3, OFFICER,
          "customer-crm.yaml was edited after its approval, so it is not approved any more: 0 approvals of these bytes",
          "put the approved file back (digest wanted: sha256:...), or raise `version` and have it approved", "Policy"),
    Cause("policy-no-yaml", "a policy that is no YAML any more", b.policy_no_yaml, "A001", 3, OFFICER,
          "customer-crm.yaml was edited after its approval, so it is not approved any more: 0 approvals of these bytes",
          "put the approved file back (digest wanted: sha256:...), or raise `version` and have it approved", "Policy",
          long=True),
    Cause("policy-unreadable", "a policy file the account may not read", b.policy_unreadable, "FG-C45", 1, INSTALLER,
          "the copy of policy customer-crm in the policies folder cannot be read, so nobody can say whether it was"
          " edited",
          "give the service account the right to read ...customer-crm.yaml", "Policy", apart=True),
    Cause("no-key", "a key that is missing", b.no_persons_key, "K011", 1, INSTALLER,
          "there is no key `persons` in the key store",
          "if it was there before, restore it from the backup; person and id keys must never be made anew", "Keys"),
    Cause("other-key", "a key that is another one", b.other_persons_key, "K009", 1, SECURITY,
          "the key `persons` is not the one this agent was set up with",
          "restore it from the backup that is sealed to the officers; never make a new one", "Keys"),
    Cause("damaged-key", "a signing key that is damaged", b.damaged_signing_key, "K020", 1, SECURITY,
          "the key `signing` is damaged or of another kind", "restore it from the backup", "Keys"),
    Cause("open-keys", "a key folder that others can read", b.open_key_folder, "K003", 1, INSTALLER,
          "others on this machine could read ...keys", "chmod 700 ...keys", "Keys", long=True),
    Cause("no-state", "no state file", b.no_state, "FG-T01", 1, IT,
          "there is no state file at ...fieldgate.db",
          "run `fieldgate setup`, or correct folders.state in agent.yaml", "State"),
    Cause("state-locked", "the state file is locked", b.state_locked, "FG-T02", 1, IT,
          "the state file is in use by another process",
          "wait for the running agent, or stop the second one: `fieldgate status`", "State"),
    Cause("state-damaged", "the state file is damaged", b.state_damaged, "FG-T08", 1, IT,
          "the state file is damaged", _RESTORE, "State", after_a_run=True),
    Cause("state-read-only", "the state folder is read-only", b.state_read_only, "FG-T06", 1, IT,
          "the state file cannot be written by this account",
          "give the service account the folder named by folders.state in agent.yaml, on a disk that can be written",
          "State", apart=True),
    Cause("logs", "the log folder cannot be written", b.logs_not_writable, "FG-C41", 1, INSTALLER,
          "the log folder ...blocked cannot be written by this account",
          "give it to the service account, or correct folders.logs in agent.yaml", "Last run"),
    Cause("clock", "the clock was set back", b.clock_set_back, "FG-C40", 1, INSTALLER,
          "the clock of this machine is 3 days behind the newest audit entry: it was set back",
          "set the clock right (Linux: timedatectl set-ntp true   Windows: w32tm /resync), then: fieldgate doctor;"
          " is it right now and was it ahead before, then all goes on by itself on ... UTC",
          "Machine"),
    Cause("oem-gone", "the OEM's endpoint does not answer", b.oem_gone, "FG-D01", 4, "the OEM",
          "127.0.0.1 cannot be reached...",
          "nothing to do here: it is tried again by itself; if it stays: fieldgate doctor",
          "Network"),
    Cause("no-such-host", "the OEM's endpoint has no address", b.no_such_host, "FG-D06", 4, IT,
          "nobody.invalid has no address here (DNS)",
          "look whether this machine has the internet and DNS; where it has, correct the name in agent.yaml; it is"
          " tried again by itself, then: fieldgate doctor", "Network", long=True),
    Cause("certificate", "a certificate nobody here trusts", b.other_certificate, "FG-D02", 4, IT,
          "127.0.0.1 did not show a certificate this machine trusts",
          "ask who inspects TLS on this network, or set recipients.*.ca in agent.yaml to the OEM's CA; nothing was"
          " sent",
          "Network"),
    Cause("certificate-expired", "a certificate that has expired", b.expired_certificate, "FG-D08", 4, IT,
          "the certificate of 127.0.0.1 has ended, or is not valid yet, by the clock of this machine",
          "look at the clock of this machine first; where it is right, call the OEM: it must renew its certificate;"
          " nothing was sent",
          "Network", long=True),
    Cause("other-key", "the OEM's key is not the one that agent.yaml pins", b.other_key, "FG-D05", 4, IT,
          "127.0.0.1 showed the key sha256:..., and recipients.*.pin in agent.yaml does not name it",
          "call the OEM on a number you know; only if it says that this is its key, add it to recipients.*.pin, then:"
          " fieldgate doctor; nothing was sent",
          "Network"),
    Cause("ca-gone", "a CA file that is not there", b.ca_gone, "FG-C10", 1, INSTALLER,
          "the CA file ...nowhere.pem is not there", "correct recipients.*.ca in agent.yaml", "Network"),
    Cause("ca-no-pem", "a CA file that is none", b.ca_no_pem, "FG-C11", 1, INSTALLER,
          "...agent.yaml is not a PEM certificate", "correct recipients.*.ca", "Network", long=True),
    Cause("html", "a web page where the OEM should be", b.html_everywhere, "FG-D12", 4, IT,
          f"{OEM}: the OEM's answer does not verify: not a compact JWS", _PAGE, "Last run"),
    Cause("html-batch", "a web page instead of a receipt", b.html_for_batch, "receipt_signature", 4, IT,
          f"{_NO_RECEIPT} does not verify: not a compact JWS", _PAGE, "Last run"),
    Cause("json-batch", "JSON instead of a receipt", b.json_for_batch, "receipt_signature", 4, IT,
          f"{_NO_RECEIPT} does not verify: not a compact JWS", _PAGE, "Last run", long=True),
    Cause("http-500", "the OEM answers HTTP 500", b.server_error, "FG-D23", 4, "the OEM",
          f"{OEM} does not take batches now: HTTP 500", "Nothing to do; it is tried again", "Last run"),
    Cause("receipt-key", "a receipt by another key", b.receipt_of_another_key, "receipt_signature", 4, "the OEM",
          f"{_NO_RECEIPT} does not verify: signed by a key that is not known here", _RECEIPT, "Last run"),
    Cause("receipt-batch", "a receipt for another batch", b.receipt_of_another_batch, "receipt_differs", 4, "the OEM",
          f"{_NO_RECEIPT}'s ... is not that of the batch", _RECEIPT, "Last run"),
)  # fmt: skip

# Its house reads no dataset by change: tests/tasks/test_changes.py makes this one.
SHORT_OVERLAP = Cause(
    "short-overlap", "overlap_s is shorter than late commits and the hour that repeats can be", b.no_yaml,
    "overlap_short", 1, INSTALLER,
    "overlap_s of source dms is ...; ... has no time zone and needs 5,400 at least",
    "set overlap_s: 5400 for this source in agent.yaml, then: fieldgate doctor", "Database",
)  # fmt: skip
