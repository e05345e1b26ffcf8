"""Who said stop at the OEM: its signed pages of opt-outs, applied before the next claim and acknowledged by nothing but
the manifest claim `opt_outs_through`.

Refused whole: a page that does not verify, answers another question, or is of another stream. An entry about a record
we never sent is counted and applied to nobody. A page that stops much is applied, and raised.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from agent.core import pages
from agent.core.facts import EVERY_PURPOSE, EVERYTHING, GROUP, PURPOSES, Fact, passed_on
from agent.core.heads import OptOut, OptOutPage, opt_outs_path, read_reply
from agent.core.ids import NOBODY
from agent.core.lines import scope_of
from agent.errors import DeliveryError, Retry, SealError
from agent.state import choices, disclosures, evidence, streams
from agent.state import pages as memory
from agent.state.choices import Said
from agent.state.store import Tx
from agent.tasks.asking import request_for, why_not
from agent.tasks.desk import Desk, instant
from agent.tasks.facts import take
from agent.tasks.outgoing import Told, enqueue_control
from agent.tasks.permission import last_approved
from agent.tasks.receipt_keys import oem_keys
from agent.tasks.recipient import Portal, said
from agent.tasks.standing import refusing

UNUSUAL = 0.02  # of a dataset's records at the OEM, in a day
_FREE: tuple[frozenset[str], int] = (frozenset(), 0)
_PAGES_MAX = 1_000  # an OEM that never says it is done


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one stream's pages came to. `error`: why the last one was not taken; what came before it is applied."""

    stream_id: str
    entries: int = 0
    people: int = 0
    unknown: int = 0
    told: int = 0
    error: DeliveryError | None = None


def pull(desk: Desk, stream: streams.Stream, portal: Portal) -> Pulled:
    """Every page of one stream that is new. Each page is one commit."""
    done = Pulled(stream.stream_id)
    for _ in range(_PAGES_MAX):
        try:
            page = _asked(desk, stream, portal)
        except DeliveryError as error:
            return _more(done, Pulled(stream.stream_id, error=error))
        if page.entries or page.through > int(stream.opt_outs_through or 0):
            with desk.state.transaction() as tx:  # COMMIT POINT opt-outs: facts, suppressions and cursor
                stream = streams.get(tx, stream.stream_id)
                done = _more(done, _apply(desk, tx, stream, page))
                streams.heard_through(tx, stream, page.through)
                stream = streams.get(tx, stream.stream_id)
        if not page.more:
            break
    return done


def _more(one: Pulled, other: Pulled) -> Pulled:
    return Pulled(
        one.stream_id,
        one.entries + other.entries,
        one.people + other.people,
        one.unknown + other.unknown,
        one.told + other.told,
        other.error,
    )


def _asked(desk: Desk, stream: streams.Stream, portal: Portal) -> OptOutPage:
    """The next signed page behind our cursor. DeliveryError when there is none to rely on."""
    after = int(stream.opt_outs_through or 0)
    request = request_for(desk, stream, opt_outs_path(after))
    reply = portal.opt_outs(stream.stream_id, after, request.iat, request.jti)
    if reply.status != 200:
        what = f"{stream.recipient} did not tell who said stop ({said(reply)})"
        raise why_not(desk, stream.recipient, reply, portal, "FG-D30", what)
    try:
        page = read_reply(
            OptOutPage, reply.body.decode("ascii", "replace"), request, oem_keys(desk, stream.recipient, portal)
        )
    except SealError as error:
        raise _refused(stream, error.what) from None
    if page.after != after:
        raise _refused(stream, "the page begins behind another cursor than the one asked for")
    return page


def _refused(stream: streams.Stream, why: str) -> DeliveryError:
    return DeliveryError(
        "FG-D31",
        f"a page of opt-outs from {stream.recipient} is refused: {why}",
        "nothing of it was applied, and it is asked for again; if it repeats, call the OEM",
        retry=Retry.LATER,
    )


def _apply(desk: Desk, tx: Tx, stream: streams.Stream, page: OptOutPage) -> Pulled:
    facts: list[Said] = []
    unknown, named = 0, Counter[str]()
    people = _people(tx, stream, page)
    for entry in page.entries:
        subjects = people.get((entry.dataset, entry.id), ())
        unknown += not subjects
        named[entry.dataset] += bool(subjects)
        facts += [one for subject in subjects for one in _facts(desk, stream, entry, subject)]
    taken = take(desk, tx, facts)
    lifted = _lift_overtaken(desk, tx, stream, page, people)
    evidence.append(
        tx, "opt_outs_pulled", desk.clock(), desk.actor,
        stream_id=stream.stream_id, recipient=stream.recipient, after=page.after, through=page.through,
        entries=len(page.entries), people=taken.people, unknown=unknown, told=taken.told, lifted=lifted,
        records=dict(+named),
    )  # fmt: skip
    _raise_unusual(desk, tx, stream)
    return Pulled(stream.stream_id, len(page.entries), taken.people, unknown, taken.told)


def _lift_overtaken(
    desk: Desk, tx: Tx, stream: streams.Stream, page: OptOutPage, people: Mapping[tuple[str, str], tuple[bytes, ...]]
) -> int:
    """The OEM stops a record by itself when somebody clicks. Where everybody in it has said yes since, here, nothing
    changes here, so nothing would end that stop: tell it. How many records."""
    policy = last_approved(tx, stream.policy)
    everyone = {one for subjects in people.values() for one in subjects}
    facts = choices.facts_of(tx, everyone)
    refused = refusing(tx, policy, stream, everyone | {bytes.fromhex(record_id) for _, record_id in people})
    count = 0
    for entry in page.entries:
        subjects, record_id = people.get((entry.dataset, entry.id), ()), bytes.fromhex(entry.id)
        stops = {fact for one in subjects for fact in passed_on(facts.get(one, []))}
        said = {one.fact for subject in subjects for one in _facts(desk, stream, entry, subject)}
        now = frozenset[str]().union(*(refused.get(one, _FREE)[0] for one in (record_id, *subjects)))
        ended = said and said.isdisjoint(fact._replace(n=0) for fact in stops)
        if not ended or "everything" in now or not now.isdisjoint(entry.scope.channels or ()):
            continue
        told: Told = [("lift", record_id, entry.scope)]
        if entry.scope.all and now:
            told.append(("suppress", record_id, scope_of(policy.purpose, entry.scope.since_on, tuple(sorted(now)))))
        enqueue_control(desk, tx, policy, stream, entry.dataset, told)
        count += 1
    return count


def _people(tx: Tx, stream: streams.Stream, page: OptOutPage) -> dict[tuple[str, str], tuple[bytes, ...]]:
    """Whom each record is about: all of them, for the OEM cannot know who of a deal's two people spoke; the record
    itself where it has nobody. A record that never left on this stream is not in it."""
    found = {}
    for dataset in {entry.dataset for entry in page.entries}:
        wanted = {bytes.fromhex(entry.id) for entry in page.entries if entry.dataset == dataset}
        for record_id, people in disclosures.people_of(tx, stream.stream_id, dataset, wanted).items():
            somebody = tuple(dict.fromkeys(one for one in people if one != NOBODY))
            found[dataset, record_id.hex()] = somebody or (record_id,)
    return found


def _facts(desk: Desk, stream: streams.Stream, entry: OptOut, subject: bytes) -> list[Said]:
    purpose = entry.scope.purpose if entry.scope.purpose in PURPOSES else EVERY_PURPOSE
    at = min(instant(dt.datetime.fromisoformat(entry.said_at)), desk.now())
    return [
        Said(
            subject,
            Fact("refused", purpose, channel, GROUP, at),
            f"oem:{stream.recipient}",
            proof=f"{stream.stream_id}:{entry.cursor}",
        )
        for channel in ((EVERYTHING,) if entry.scope.all else entry.scope.channels or ())
    ]


def _raise_unusual(desk: Desk, tx: Tx, stream: streams.Stream) -> None:
    """Applied all the same: a wrong stop costs a mailing, a wrong yes costs a promise. But somebody must look."""
    since = (desk.clock().astimezone(dt.UTC) - dt.timedelta(days=1)).isoformat()
    stopped: Counter[str] = Counter()
    for facts in evidence.said_since(tx, "opt_outs_pulled", since):
        if facts["stream_id"] == stream.stream_id:
            stopped.update(facts["records"])
    raised = {
        facts["dataset"]
        for facts in evidence.said_since(tx, "opt_outs_unusual", since)
        if facts["stream_id"] == stream.stream_id
    }
    for dataset, count in sorted(stopped.items()):
        held = _held(tx, f"{stream.stream_id}/{dataset}")
        if count > UNUSUAL * held and dataset not in raised:
            evidence.append(
                tx, "opt_outs_unusual", desk.clock(), desk.actor,
                stream_id=stream.stream_id, recipient=stream.recipient, dataset=dataset, records=count, of=held,
            )  # fmt: skip


def _held(tx: Tx, scope: str) -> int:
    return sum(sum(bool(flag & pages.HELD) for flag in pages.decode(blob).flags) for _, blob in memory.each(tx, scope))
