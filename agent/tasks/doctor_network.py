"""Doctor's look at the way out: network step by step, what waits, and how the last run ended. It sends nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from agent.core.text import shown
from agent.errors import ConfigError, DeliveryError, SealError
from agent.oem import Endpoint, Oem, Reply, way
from agent.state import failures, outbox, permission, streams
from agent.tasks.check import SET_THE_CLOCK, clocks_apart
from agent.tasks.findings import MB, Finding, Patient, failed, guarded, unknown
from agent.tasks.receipt_keys import kids_shown
from agent.tasks.system_proxy import winhttp_proxy


def network(patient: Patient) -> Iterator[Finding]:
    if patient.config is None:
        yield unknown("Network", "not known without agent.yaml")
        return
    for name, one in patient.config.recipients.items():
        if one.folder is not None:
            yield from _folder(name, Path(one.folder))
        elif one.endpoint is not None:
            endpoint = Endpoint(name, one.endpoint, one.proxy, one.ca, one.pin)
            if one.proxy:
                yield Finding("Network", "ok", f"proxy {shown(one.proxy)} (from agent.yaml)")
            elif system := winhttp_proxy():
                told = f"Windows has the proxy {shown(system)} for services (WinHTTP); agent.yaml names none"
                yield Finding("Network", "ok", f"{told}, so {name} is asked directly")
            yield from guarded("Network", lambda p, e=endpoint: _way(p, e), patient)  # type: ignore[misc]


def _folder(name: str, folder: Path) -> Iterator[Finding]:
    if folder.is_dir():
        yield Finding("Network", "ok", f"{name}: folder {shown(str(folder))}")
    else:
        what = f"{name}: the folder {shown(str(folder))} is not there"
        yield failed("Network", ConfigError("FG-C43", what, "make it, or correct recipients.*.folder in agent.yaml"))


def _way(patient: Patient, endpoint: Endpoint) -> Iterator[Finding]:
    """Step by step to the OEM, and whether it is the one that was enrolled with."""
    started = time.monotonic()
    done = []
    try:
        for step in way(endpoint):
            done.append(step)
        reply, key = _asked(endpoint)
        done.append("OEM")
    except DeliveryError as error:
        if done:
            yield Finding("Network", "ok", f"{endpoint.name}: {' > '.join(done)}")
        yield failed("Network", error)
        return
    yield Finding("Network", "ok", f"{endpoint.name}: {' > '.join(done)}   {time.monotonic() - started:.2f} s")
    if key:
        pinned = "as pinned" if endpoint.pins else "not pinned (recipients.*.pin in agent.yaml)"
        yield Finding("Network", "ok", f"{endpoint.name}: TLS key {pinned}: {key}")
    if apart := clocks_apart(patient.clock(), reply.dated):
        what = f"the clock of this machine is {apart} that of {endpoint.name}"
        advice = f"{SET_THE_CLOCK}; where it is right, call the OEM: its clock is wrong"
        yield failed("Network", DeliveryError("FG-D13", what, advice, who="dealer IT"))
    yield from _pinned(patient, endpoint.name, kids_shown(reply))


def _asked(endpoint: Endpoint) -> tuple[Reply, str]:
    """The OEM's answer with its receipt keys, and the pin of its TLS key."""
    oem = Oem(endpoint, lambda *_: "")
    try:
        return oem.keys(), oem.shown_key
    finally:
        oem.close()


def _pinned(patient: Patient, name: str, shows: set[str]) -> Iterator[Finding]:
    enrolled = None
    if patient.state:
        with patient.state.reading() as tx:
            enrolled = streams.enrollment(tx, name)
    if not shows:
        what = f"{name} answers, and not as a receiver of wire spec 1: it shows no receipt keys"
        advice = "correct recipients.*.endpoint in agent.yaml, or call the OEM"
        yield failed("Network", DeliveryError("FG-D30", what, advice, exit_status=1))
    elif enrolled is None:
        yield unknown("Network", f"{name}: not enrolled yet; next: fieldgate keys enroll")
    elif shows.isdisjoint(enrolled.jwks):
        what = f"{name} shows other receipt keys than at the enrollment"
        advice = (
            "correct recipients.*.endpoint in agent.yaml; where it is right, call the OEM on a number you know, before"
        )
        yield failed("Network", SealError("FG-K20", what, f"{advice} anything else"))
    else:
        yield Finding("Network", "ok", f"{name}: its receipt key is the one pinned at enrollment")


def waiting(patient: Patient) -> Iterator[Finding]:
    if patient.config is None or patient.state is None:
        yield unknown("Outbox", "not known without agent.yaml and the state file")
        return
    with patient.state.reading() as tx:
        standing = outbox.waiting(tx)
        paused = permission.pauses(tx)
        row = tx.row("select count(*) from batches where state = 'settled'")
    limit = patient.config.limits.outbox_mb * MB
    told = f"{standing.items:,} wait ({standing.size / MB:.1f} MB), {row[0] if row else 0:,} accepted"
    if standing.size >= limit:
        advice = "find out why nothing leaves: see Network above, and fieldgate batch list"
        yield failed("Outbox", ConfigError("FG-C44", f"full, so reading has stopped: {told}", advice))
    else:
        yield Finding("Outbox", "ok", told)
    if paused:
        yield Finding("Outbox", "ok", f"paused since {min(paused.values())[:16]}; go on with: fieldgate resume")


def last_run(patient: Patient) -> Iterator[Finding]:
    """How the last run ended, where no line above has said it already."""
    if patient.state is None:
        return
    with patient.state.reading() as tx:
        kept = list(failures.failures(tx).values())
    for failure in kept:
        if not any(said.startswith(failure.what) for said in patient.said):
            yield failed("Last run", failure)
    if not kept:
        yield Finding("Last run", "ok", "no failure is remembered")
