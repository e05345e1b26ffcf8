"""Choices: what people said is read before anything about them. Whoever refuses now is held back in the same commit,
and the OEM is told in front of all data."""

from __future__ import annotations

from agent.core import pages
from agent.core.choices import refused_channels
from agent.core.jobs import ChoicesFrame, ChoicesJob
from agent.core.ruleset import ChoicesRules, PolicyRules
from agent.state import evidence, streams
from agent.state import pages as memory
from agent.tasks.desk import Desk
from agent.tasks.pins import choices_name, pins_of
from agent.tasks.reading import Reader, keep_page, opened_key, password, refuse_ended
from agent.tasks.tell import tell


def read_choices(desk: Desk, policy: PolicyRules, rules: ChoicesRules, reader: Reader) -> int:
    """Read what people said, before any dataset. Whoever refuses now is held back and told to the OEM first."""
    scope = f"choices/{policy.name}/{rules.name}"
    with desk.state.transaction() as tx:  # COMMIT POINT choices begun
        refuse_ended(tx, policy)
        refs = memory.refs(tx, scope)
        evidence.append(
            tx, "reading", desk.clock(), desk.actor,
            source=rules.source, dataset=f"choices:{rules.name}", policy=policy.name, policy_sha256=policy.sha256,
            columns=[*rules.person, *(column.column for column in rules.columns)], reason="choices",
        )  # fmt: skip
    job = ChoicesJob(
        source=desk.config.sources[rules.source],
        password=password(desk, rules.source),
        rules=rules,
        persons_key=desk.store.secret("persons"),
        ranges=[opened_key(desk, scope, ref.upper) for ref in refs[:-1]],
        page_rows=desk.config.limits.page_rows,
        pinned=pins_of(desk, policy)[choices_name(rules.name)],
    )
    people = changed = 0
    for frame in reader.read(job):
        if isinstance(frame, ChoicesFrame):
            people += len(frame.states)
            changed += _commit_choices(desk, policy, rules, scope, refs, frame)
    with desk.state.transaction() as tx:  # COMMIT POINT choices ended
        evidence.append(
            tx, "choices_read", desk.clock(), desk.actor,
            source=rules.source, choices=rules.name, policy=policy.name, people=people, changed=changed,
        )  # fmt: skip
    return changed


def _commit_choices(
    desk: Desk,
    policy: PolicyRules,
    rules: ChoicesRules,
    scope: str,
    refs: list[memory.PageRef],
    frame: ChoicesFrame,
) -> int:
    ref = refs[frame.range_no] if frame.range_no < len(refs) else None
    with desk.state.transaction() as tx:  # COMMIT POINT choices: refusals, and the suppressions they cause
        blob = memory.entries(tx, ref.page_id) if ref else None
        now, left_over, changes = pages.compare_choices(
            pages.decode(blob) if blob else None,
            pages.split(frame.people),
            frame.states,
            exhausted=frame.exhausted,
            unknown="u" * len(rules.columns),
        )
        keep_page(desk, tx, scope, ref, frame.exhausted, frame.upper, now, left_over, len(refs))
        meaning = {
            states: refused_channels(rules, states, policy.regime, policy.purpose)
            if len(states) == len(rules.columns)  # seen before, and under as many columns as the policy has now
            else frozenset[str]()
            for states in {c.before for c in changes} | {c.after for c in changes}
        }
        refused = [meaning[after] for _, _, after in changes]
        memory.note_choices(tx, policy.name, zip(changes, refused, strict=True), f"dms:{rules.source}", desk.now())
        moved = {who: (meaning[old], meaning[new]) for who, old, new in changes if meaning[old] != meaning[new]}
        for stream in streams.streams(tx) if moved else ():
            if stream.policy == policy.name:
                tell(desk, tx, policy, stream, moved, rules.name)
    return len([c for c in changes if c.before])
