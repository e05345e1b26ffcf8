"""Every leg of the way as the service sees it, and for each that fails the command that mends it. Works with everything
broken: a leg that cannot be looked at says why, the others are looked at all the same. Names and codes only.

It reads nothing of any table and sends nothing; the one thing it writes is that a refused password was accepted again.
"""

from __future__ import annotations

import datetime as dt
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from agent import config as settings
from agent.config import AgentConfig
from agent.core.access import read_access_record
from agent.core.inventory import Inventory
from agent.core.pins import Pins, differences, refuse_changed
from agent.core.ruleset import PolicyRules
from agent.core.source import SourceSettings
from agent.core.text import shown
from agent.dms.catalog import take_inventory
from agent.dms.catalog_sql import CATALOG
from agent.dms.exports import complete_files, look_at_header, taken_set
from agent.dms.odbc import connect
from agent.dms.refusals import LOGIN_REFUSED
from agent.dms.windows_sign_in import explained
from agent.errors import ConfigError, FieldgateError, StateError
from agent.keys.atrest import AtRest
from agent.keys.signing import load_signer
from agent.keys.store import check_key, open_key_store
from agent.state import evidence, failures, outbox, permission, pins, streams
from agent.state.store import State, Tx, open_state
from agent.tasks.access import compiled, sources_in_use, standing_exception, too_wide
from agent.tasks.backup import not_in_backup
from agent.tasks.check import check_house, clock_behind, refuse_clock_set_back
from agent.tasks.desk import key_check_values, key_in_use
from agent.tasks.doctor_changes import page_order
from agent.tasks.doctor_network import last_run, network, waiting
from agent.tasks.findings import MB, Finding, Patient, failed, guarded, unknown
from agent.tasks.names import lacking
from agent.tasks.permission import load_ruleset

_SIGNERS = ("checkpoint", "signing")
_LASTING = ("atrest", "persons")
_RESTORE = "stop the agent, put the last backup in its place, then: fieldgate resync"
LEGS = ("Settings", "Machine", "Keys", "State", "Database", "Policy", "Network", "Outbox", "Last run")


def examine(path: Path, clock: Callable[[], dt.datetime]) -> Iterator[Finding]:
    """Look at every leg, in the order in which one relies on the other; yields each line as soon as it is known."""
    patient = Patient(path, clock)
    legs: dict[str, Callable[[Patient], Iterator[Finding]]] = {
        "Settings": _settings,
        "State": _state,  # opened early, because Machine and Keys compare themselves with it
        "Machine": _machine,
        "Keys": _keys,
        "Policy": _policy,
        "Database": _databases,
        "Network": network,
        "Outbox": waiting,
        "Last run": last_run,
    }
    try:
        for leg, look in legs.items():
            for finding in guarded(leg, look, patient):
                if finding.verdict == "FAIL":
                    patient.said.add(finding.says)
                yield finding
    finally:
        if patient.state:
            patient.state.close()


def exit_status(findings: list[Finding]) -> int:
    """0 nothing to mend; 4 all that fails is out of reach; 1 otherwise."""
    fails = [finding for finding in findings if finding.verdict == "FAIL"]
    if not fails:
        return 0
    return 4 if all(finding.exit_status == 4 for finding in fails) else 1


# Settings, machine, keys, state --------------------------------------------------------------------------------------


def _settings(patient: Patient) -> Iterator[Finding]:
    patient.config = settings.load(patient.path)
    config = patient.config
    told = f"{len(config.sources)} source(s), {len(config.stores)} store(s), {len(config.recipients)} recipient(s)"
    yield Finding("Settings", "ok", f"{shown(str(patient.path))}: {told}")


def _state(patient: Patient) -> Iterator[Finding]:
    config = patient.config
    if config is None:
        yield unknown("State", "not known without agent.yaml")
        return
    patient.state = open_state(config.state_file)
    patient.state.check_writable()
    size = config.state_file.stat().st_size / MB
    with patient.state.reading() as tx:
        faults = check_house(tx, _atrest(config))
        entries = evidence.head(tx)[0]
    for fault in faults:
        yield failed("State", StateError("FG-T20", f"the state file is not whole: {fault}", _RESTORE))
    if not faults:
        yield Finding("State", "ok", f"whole, writable, on a local disk, {size:.1f} MB")
        yield Finding("State", "ok", f"audit record intact, {entries:,} entries")


def _atrest(config: AgentConfig) -> AtRest | None:
    """The key that waiting bodies are opened with; None where Keys will say what is wrong with it."""
    try:
        return AtRest(open_key_store(config.key_store, config.key_folder).secret("atrest"))
    except FieldgateError:
        return None


def _machine(patient: Patient) -> Iterator[Finding]:
    if patient.config is None:
        yield unknown("Machine", "not known without agent.yaml")
        return
    yield from _clock(patient)
    yield from _space(patient.config, _used(patient))


def _clock(patient: Patient) -> Iterator[Finding]:
    if patient.state is None:
        yield unknown("Machine", "the clock is compared with the audit record, which cannot be read")
        return
    now = patient.clock()
    with patient.state.reading() as tx:
        try:
            refuse_clock_set_back(tx, now)
        except ConfigError as error:
            yield failed("Machine", error)
            return
        behind = clock_behind(tx, now)
    yield Finding("Machine", "ok", f"clock {now:%d %b %Y %H:%M} UTC, {_ago(-behind)} after the newest audit entry")


def _ago(span: dt.timedelta) -> str:
    seconds = max(0, int(span.total_seconds()))
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


def _used(patient: Patient) -> int:
    if patient.state is None:
        return 0
    with patient.state.reading() as tx:
        return outbox.waiting(tx).size


def _space(config: AgentConfig, used: int) -> Iterator[Finding]:
    place = next((folder for folder in (config.state, *config.state.parents) if folder.is_dir()), Path())
    free, limit = shutil.disk_usage(place).free, config.limits.outbox_mb * MB
    told = f"{_size(free)} free, outbox uses {_size(used)} (limit {_size(limit)})"
    if free < limit - used:
        advice = "free space on the disk of folders.state, or lower limits.outbox_mb in agent.yaml"
        yield failed("Machine", ConfigError("FG-C42", f"the outbox may outgrow the disk: {told}", advice))
    else:
        yield Finding("Machine", "ok", told)


def _size(count: float) -> str:
    return f"{count / MB / 1024:.0f} GB" if count >= 10 * 1024 * MB else f"{count / MB:.0f} MB"


def _backed_up(patient: Patient) -> Iterator[Finding]:
    """Person and id keys are never made anew, so a backup is part of setting up, as soon as there are officers to seal
    it to and a stream to lose."""
    if patient.state is None:
        return
    with patient.state.reading() as tx:
        made_on, lacks = not_in_backup(tx)
        wanted = permission.roll(tx) is not None and bool(streams.streams(tx))
    if not wanted:
        return
    if not lacks:
        yield Finding("Keys", "ok", f"the backup of {made_on} holds those that are never made anew")
        return
    told = f"the backup of {made_on} lacks {len(lacks)}" if made_on else "no backup holds any"
    yield Finding("Keys", "ok", f"{told} of those that are never made anew; next: fieldgate backup --out FILE")


def _keys(patient: Patient) -> Iterator[Finding]:
    """Every key that must be there is, is read by this account alone, and is the one the agent was set up with."""
    config = patient.config
    if config is None:
        yield unknown("Keys", "not known without agent.yaml")
        return
    if patient.gone():
        yield unknown("Keys", "destroyed: this agent was offboarded")
        return
    patient.store = open_key_store(config.key_store, config.key_folder)
    signers, expected = set(_SIGNERS), dict.fromkeys(_LASTING, "")
    if patient.state:
        with patient.state.reading() as tx:
            signers = {key_in_use(tx, use)[0] for use in _SIGNERS}  # those before them were removed when they rotated
            expected |= key_check_values(tx)
            expected |= {
                f"recipient:{name}:pseudonym": "" for name in config.recipients if streams.enrollment(tx, name)
            }
    expected |= dict.fromkeys(signers, "")
    expected |= {source.password_key: "" for source in config.sources.values() if source.password_key}
    bad: set[str] = set()
    for name, value in sorted(expected.items()):
        before = len(bad)
        try:
            secret = patient.store.secret(name)
            if value:
                check_key(name, secret, value)
            if name in signers:
                load_signer(patient.store, name)
        except FieldgateError as error:
            bad.add(error.what)
            if len(bad) == before:
                continue  # one folder, one line, however many keys stand in it
            yield failed("Keys", _password_missing(config, name) if _is_password(config, name, error) else error)
    if not bad:
        yield Finding("Keys", "ok", f"{len(expected)} there, readable by this account alone, unchanged")
        yield from _backed_up(patient)


def _is_password(config: AgentConfig, name: str, error: FieldgateError) -> bool:
    return error.code == "K011" and any(name == source.password_key for source in config.sources.values())


def _password_missing(config: AgentConfig, name: str) -> ConfigError:
    of = next(source.name for source in config.sources.values() if source.password_key == name)
    return ConfigError(
        "K011",
        f"there is no key `{shown(name)}` in the key store",
        f"store the password of source {of}: fieldgate setup --files-only --password-stdin",
    )


# Policy and database -------------------------------------------------------------------------------------------------


def _policy(patient: Patient) -> Iterator[Finding]:
    if patient.config is None or patient.state is None:
        yield unknown("Policy", "not known without agent.yaml and the state file")
        return
    if patient.gone():
        yield unknown("Policy", "ended: this agent was offboarded. As root: fieldgate service uninstall --purge")
        return
    with patient.state.reading() as tx:
        patient.ruleset = load_ruleset(tx, patient.config, patient.today())
        approved_by = {facts["policy"]: facts["approved_by"] for facts in evidence.said(tx, "policy_imported")}
    for policy in patient.ruleset.policies:
        yield Finding("Policy", "ok", _told(policy, approved_by.get(policy.name, []), patient.today()))


def _told(policy: PolicyRules, approved_by: list[str], today: dt.date) -> str:
    names = ", ".join(shown(name, 40) for name in approved_by)
    left = (policy.ends_on - today).days
    soon = f" (in {left} days)" if left < 60 else ""
    digest = policy.sha256.removeprefix("sha256:")
    until = f"{policy.ends_on:%d %b %Y}".lstrip("0")
    return (
        f"{policy.name} v{policy.version}, approved by {names}; ends {until}{soon}; sha256 {digest[:4]}..{digest[-2:]}"
    )


def _databases(patient: Patient) -> Iterator[Finding]:
    config = patient.config
    if config is None or patient.store is None:
        yield unknown("Database", "not asked: agent.yaml or the key store cannot be read")
        return
    refused = False
    used = sources_in_use(patient.ruleset) if patient.ruleset else list(config.sources)
    for name in used:
        if name not in config.sources:
            what = f"a policy reads from the source {shown(name)}, which agent.yaml does not have"
            yield failed("Database", ConfigError("FG-C25", what, "add it under sources: in agent.yaml"))
            continue
        for finding in guarded("Database", lambda p, n=name: _database(p, config.sources[n]), patient):  # type: ignore[misc]
            refused = refused or finding.verdict != "ok"
            yield finding
    if not refused:
        _forget_refused_password(patient)


def _database(patient: Patient, source: SourceSettings) -> Iterator[Finding]:
    assert patient.store is not None
    if source.dialect == "files":
        yield from _exports(source)
        return
    try:
        password = patient.store.secret(source.password_key).decode() if source.password_key else ""
    except FieldgateError:
        yield unknown("Database", f"{source.name}: not tried, because its password is missing (see Keys)")
        return
    for line in explained(source):
        yield Finding("Database", "ok", f"{source.name}: {line}")
    started = time.monotonic()
    with connect(source, password) as connection:
        took = time.monotonic() - started
        yield Finding("Database", "ok", f"{source.name}: connect {took:.2f} s   driver {shown(source.driver, 60)}")
        if source.encrypt in ("unverified", "plain_text"):
            told = "not encrypted" if source.encrypt == "plain_text" else "encrypted, but nobody checks to whom"
            yield Finding("Database", "ok", f"{source.name}: {told}, as `encrypt: {source.encrypt}` in agent.yaml says")
        if patient.ruleset and patient.state and source.dialect in CATALOG:
            live = take_inventory(connection, source, patient.clock())
            yield from _names(patient, patient.state, source, live)
        if patient.ruleset:
            yield from page_order(connection, patient.ruleset)
    if patient.state:
        with patient.state.reading() as tx:
            yield from _access(tx, source.name, patient.today())


def _exports(source: SourceSettings) -> Iterator[Finding]:
    """Which tables have arrived, and whether their headers are what they must be."""
    found = complete_files(source, {spec.table for spec in source.exports})
    for spec in source.exports:
        if spec.table in found:
            look_at_header(spec, found[spec.table][0])
    lacking = ", ".join(shown(spec.table) for spec in source.exports if spec.table not in found)
    here = f"{len(found)} of {len(source.exports)} exports have arrived"
    told = f"; still to come: {lacking}" if lacking else ", headers as declared"
    at_hand = f"; set {taken_set(source)} is in hand" if taken_set(source) else ""
    yield Finding("Database", "ok", f"{source.name}: {here}{told}{at_hand}")


def _names(patient: Patient, state: State, source: SourceSettings, live: Inventory) -> Iterator[Finding]:
    """Every name of the policies is there and is what it was at import; and where not, which line of which policy."""
    assert patient.ruleset is not None
    with state.reading() as tx:
        policies = permission.active_policies(tx)
        pinned = {policy.name: pins.pinned(tx, policy.name, policy.version) for policy in policies}
    fine = True
    for policy in patient.ruleset.policies:
        kept = pinned.get(policy.name)
        for name, known in msgspec.json.decode(kept[1], type=dict[str, Pins]).items() if kept else ():
            if _reads_from(policy, name) == source.name:
                try:
                    refuse_changed(name.removeprefix("choices:"), differences(known, live.tables, source.dialect))
                except FieldgateError as error:
                    fine = False
                    yield failed("Database", error)
    for one in lacking(policies, source.name, live):
        fine = False
        yield failed("Database", one.error())
    if fine:
        queries = compiled(patient.ruleset, source, patient.today())
        columns = len({touch for query in queries for touch in query.touches})
        yield Finding(
            "Database", "ok", f"{source.name}: all {columns} columns of the policies are there, types as approved"
        )


def _reads_from(policy: PolicyRules, name: str) -> str:
    """The source of a dataset, or of `choices:NAME`."""
    dataset = policy.dataset(name)
    if dataset:
        return dataset.source
    blocks = (person.choices for one in policy.datasets for person in one.people if person.choices)
    return next((block.source for block in blocks if f"choices:{block.name}" == name), "")


def _access(tx: Tx, source: str, today: dt.date) -> Iterator[Finding]:
    """What the database said when it was last asked to refuse."""
    kept = evidence.access_record(tx, source)
    if kept is None:
        yield unknown("Database", f"{source}: not yet asked to refuse columns; the first run does that")
        return
    status, _, asked_at, data = kept
    record = read_access_record(data)
    when = f"{asked_at[:10]} {asked_at[11:16]} UTC"
    if status == "refused":
        asked = "one other column of each table" if record.rests_on else f"all {len(record.refused)} other columns"
        yield Finding("Database", "ok", f"{source}: refused {asked} at {when}")
    elif exception := standing_exception(tx, record, today):
        why = "has no accounts" if record.status == "not_enforced" else "can read more than the policies grant"
        yield Finding("Database", "ok", f"{source}: {why}; officers signed for it until {exception.expires_on}")
    else:
        yield failed("Database", too_wide(source, record))


def _forget_refused_password(patient: Patient) -> None:
    """It is accepted now, so the daemon may read again."""
    if patient.state is None:
        return
    with patient.state.reading() as tx:
        last = failures.failures(tx).get("extract")
    if last and last.code == LOGIN_REFUSED:
        with patient.state.transaction() as tx:
            failures.forget(tx, "extract")
