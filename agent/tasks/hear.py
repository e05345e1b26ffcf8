"""Choices: what people said is read before anything about them. Whoever refuses now is held back in the same commit,
and the OEM is told in front of all data."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.core import pages
from agent.core.changes import Since
from agent.core.choices import channels_coded, refused_channels
from agent.core.ids import SIZE
from agent.core.jobs import ChoicesChangesFrame, ChoicesFrame, ChoicesJob, Clock, Range, Unserved
from agent.core.ruleset import ChoicesRules, PolicyRules
from agent.state import choices, evidence, links, streams
from agent.state import pages as memory
from agent.state.store import Tx
from agent.tasks import positions
from agent.tasks.changes import keep_new, pages_holding, put_back
from agent.tasks.commitments import commit_choices
from agent.tasks.desk import Desk
from agent.tasks.lifts import newer_yes
from agent.tasks.links import MovedContacts, relink, stops_by_links, tell_linked
from agent.tasks.pins import choices_name, pins_to_hold
from agent.tasks.reading import Reader, keep_loose, keep_page, password, ranges_of, refuse_ended
from agent.tasks.tell import Heard, tell
from agent.tasks.todo import note_seen


def read_choices(
    desk: Desk, policy: PolicyRules, rules: ChoicesRules, reader: Reader, *, reconcile: bool = False
) -> int:
    """Read what people said, before any dataset: all of it, or what has changed where the policy names a column that
    says so. Whoever refuses now is held back and told to the OEM first."""
    hearing = _Hearing(desk, policy, rules, f"choices/{policy.name}/{rules.name}")
    since = None
    with desk.state.transaction() as tx:  # COMMIT POINT choices begun
        refuse_ended(tx, policy)
        refs = memory.refs(tx, hearing.scope)
        if links.unfinished(tx) or (hearing.width and not refs):  # the first time every contact has moved
            hearing.moved.all(tx)
        if rules.changes is not None and not reconcile:
            since = positions.since(desk, tx, hearing.scope, desk.config.sources[rules.source], hearing.under)
        evidence.append(
            tx, "reading", desk.clock(), desk.actor,
            source=rules.source, dataset=f"choices:{rules.name}", policy=policy.name, policy_sha256=policy.sha256,
            columns=columns_of(rules),
            reason="choices" if since is None else "changed choices",
        )  # fmt: skip
    if since is not None:
        found = _hear_changes(hearing, since, reader)
        if found is not None:
            return found
    return _hear_all(hearing, refs, reader)


def columns_of(rules: ChoicesRules) -> list[str]:
    """Every column that is read of a choices table, for the audit."""
    mine = [*rules.person, *(column.column for column in rules.columns)]
    return mine + [field.ref.column for field in rules.contacts if field.ref.column not in mine]


@dataclass(slots=True)
class _Hearing:
    """What stays the same while one block of choices is read, and what it came to."""

    desk: Desk
    policy: PolicyRules
    rules: ChoicesRules
    scope: str
    people: int = 0
    changed: int = 0
    moved: MovedContacts = field(default_factory=MovedContacts)

    @property
    def width(self) -> int:
        return len(self.rules.contacts)

    @property
    def under(self) -> str:
        return positions.permission_digest(self.policy.sha256)

    def job(self, ranges: list[Range], since: Since | None = None) -> ChoicesJob:
        desk, rules = self.desk, self.rules
        return ChoicesJob(
            source=desk.config.sources[rules.source],
            password=password(desk, rules.source),
            rules=rules,
            persons_key=desk.store.secret("persons"),
            ranges=ranges,
            page_rows=desk.config.limits.page_rows,
            pinned=pins_to_hold(desk, self.policy, choices_name(rules.name), rules.source),
            since=since,
        )


def _hear_all(hearing: _Hearing, refs: list[memory.PageRef], reader: Reader) -> int:
    desk, scope = hearing.desk, hearing.scope
    for frame in reader.read(hearing.job(ranges_of(desk, scope, refs))):
        if isinstance(frame, Clock):
            with desk.state.transaction() as tx:  # COMMIT POINT choices clock
                positions.begin_whole(desk, tx, scope, frame.at)
        elif isinstance(frame, ChoicesFrame):
            _commit_choices(hearing, refs, frame)
        del frame  # a page is freed before the next one is taken
    with desk.state.transaction() as tx:  # COMMIT POINT choices ended
        for page_id, blob in memory.loose(tx, scope):
            _, _, changes = _compared(hearing, tx, _remembered(hearing, blob), [], [], b"", exhausted=True)
            _take_up(hearing, tx, changes)
            memory.remove(tx, page_id)
        positions.end_whole(desk, tx, scope, hearing.under)
        relink(desk, tx, hearing.moved)
        _note_read(hearing, tx)
    return hearing.changed


def _hear_changes(hearing: _Hearing, since: Since, reader: Reader) -> int | None:
    """None when the DMS cannot give changes."""
    desk, scope = hearing.desk, hearing.scope
    while True:
        upto = since.upto
        for frame in reader.read(hearing.job([], since)):
            if isinstance(frame, Clock):
                upto = upto or frame.at
            elif isinstance(frame, Unserved):
                with desk.state.transaction() as tx:  # COMMIT POINT choices unserved
                    memory.note_unserved(tx, scope, frame.why)
                return None
            elif isinstance(frame, ChoicesChangesFrame):
                _commit_changed(hearing, frame, upto or "")
        with desk.state.transaction() as tx:  # COMMIT POINT changed choices ended
            positions.end_window(desk, tx, scope, upto or since.through)
            memory.note_read(tx, scope, desk.now())
            relink(desk, tx, hearing.moved)
            _note_read(hearing, tx)
        if since.cursor is None:
            return hearing.changed
        since = Since(upto or since.through)


def _note_read(hearing: _Hearing, tx: Tx) -> None:
    desk, rules = hearing.desk, hearing.rules
    note_seen(desk, tx, rules, hearing.scope)
    evidence.append(
        tx, "choices_read", desk.clock(), desk.actor,
        source=rules.source, choices=rules.name, policy=hearing.policy.name, people=hearing.people,
        changed=hearing.changed,
    )  # fmt: skip


def _commit_choices(hearing: _Hearing, refs: list[memory.PageRef], frame: ChoicesFrame) -> None:
    desk, scope = hearing.desk, hearing.scope
    ref = refs[frame.range_no] if frame.range_no < len(refs) else None
    hearing.people += len(frame.states)
    with desk.state.transaction() as tx:  # COMMIT POINT choices: refusals, and the suppressions they cause
        blob = memory.entries(tx, ref.page_id) if ref else None
        before = _remembered(hearing, blob) if blob else pages.Entries.empty(hearing.width)
        people = pages.split(frame.people)
        for page_id, loose in memory.loose(tx, scope):
            entries = _remembered(hearing, loose)
            taken = entries.take(set(people))
            if len(taken):
                before.extend(taken)
                keep_loose(tx, page_id, entries)
        now, left_over, changes = _compared(
            hearing, tx, before, people, frame.states, frame.contacts, exhausted=frame.exhausted
        )
        keep_page(desk, tx, scope, ref, frame.exhausted, frame.upper, now, left_over, len(refs))
        _take_up(hearing, tx, changes)


def _commit_changed(hearing: _Hearing, frame: ChoicesChangesFrame, upto: str) -> None:
    desk, scope = hearing.desk, hearing.scope
    people = pages.split(frame.people)
    hearing.people += len(people)
    with desk.state.transaction() as tx:  # COMMIT POINT changed choices: refusals, and the suppressions they cause
        asked = set(people)
        homes = {page_id: pages.as_wide(one, hearing.width) for page_id, one in pages_holding(tx, scope, asked).items()}
        before = pages.Entries.empty(hearing.width)
        for entries in homes.values():
            before.extend(entries.copy().take(asked))
        known = set(before.ids)
        now, _, changes = _compared(hearing, tx, before, people, frame.states, frame.contacts, exhausted=True)
        for page_id, entries in homes.items():
            put_back(tx, page_id, entries, asked, now)
        keep_new(tx, scope, now, known)
        _take_up(hearing, tx, changes)
        positions.go_on(desk, tx, scope, frame.cursor, upto)


def _remembered(hearing: _Hearing, blob: bytes) -> pages.Entries:
    return pages.as_wide(pages.decode(blob), hearing.width)


def _compared(
    hearing: _Hearing,
    tx: Tx,
    before: pages.Entries,
    people: list[bytes],
    states: list[str],
    contacts: bytes,
    *,
    exhausted: bool,
) -> tuple[pages.Entries, pages.Entries, list[pages.ChoiceChange]]:
    unknown, width = "u" * len(hearing.rules.columns), hearing.width
    theirs = pages.split(contacts, SIZE * width) if width else None
    now, left_over, changes = pages.compare_choices(
        before, people, states, exhausted=exhausted, unknown=unknown, contacts=theirs, width=width
    )
    if width and hearing.moved.few is not None:
        hearing.moved.add(tx, pages.moved_contacts(before, now, left_over))
    return now, left_over, changes


def _take_up(hearing: _Hearing, tx: Tx, changes: list[pages.ChoiceChange]) -> None:
    """Keep what these changes mean, hold back whom they concern, and queue what the OEM must be told."""
    desk, policy, rules = hearing.desk, hearing.policy, hearing.rules
    meaning = {
        states: refused_channels(rules, states, policy.regime, policy.purpose)
        if len(states) == len(rules.columns)  # seen before, and under as many columns as the policy has now
        else frozenset[str]()
        for states in {c.before for c in changes} | {c.after for c in changes}
    }
    coded = {states: refused & channels_coded(rules, states) for states, refused in meaning.items()}
    said = [change for change in changes if change.before or meaning[change.after]]  # or seen first, free to be sent
    refused = [(change, meaning[change.after], coded[change.after]) for change in said]
    moved = {who: (meaning[old], meaning[new]) for who, old, new in said if meaning[old] != meaning[new]}
    linked = links.of(tx, moved)
    near = {other for others in linked.values() for other in others}
    stops = stops_by_links(tx, near) if near else {}
    choices.note_events(tx, policy.name, refused, f"dms:{rules.source}", desk.now())
    newer_yes(tx, policy, moved)
    tell_linked(desk, tx, near, stops, Heard(f"dms:{rules.source}", desk.now(), {})) if near else 0
    commit_choices(desk, tx)
    for stream in streams.streams(tx) if moved else ():
        if stream.policy == policy.name:
            tell(desk, tx, policy, stream, moved, Heard(f"dms:{rules.source}", desk.now(), {}), rules.name)
    hearing.changed += len([c for c in said if c.before])
