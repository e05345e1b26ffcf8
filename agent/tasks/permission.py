"""Permission as the server knows it: import rolls and policies, and load the ruleset anew from the signed bytes.

Nothing in the state file is believed: every load counts the signatures again, under the roll each policy was approved
under, and compares the copy in the policies folder, so that an edit un-approves at once.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import NamedTuple

from agent.config import AgentConfig
from agent.core.approval import ApprovedPolicy, Predecessor, approve
from agent.core.decision import Decision, Kind, read_decision, read_standing, reclassified
from agent.core.inventory import Inventory
from agent.core.policy.check_together import check_together
from agent.core.policy.compile import compile_ruleset, ends_on
from agent.core.policy.reader import Draft, digest, read_policy
from agent.core.roll import Roll, read_roll, read_rolls
from agent.core.ruleset import PolicyRules, Ruleset
from agent.core.text import shown
from agent.errors import ConfigError, PolicyError, SealError
from agent.state import evidence, permission
from agent.state.store import Tx
from agent.tasks import holds, policy_life, position
from agent.tasks.desk import Desk
from agent.tasks.pins import approved_names, keep_pins, names_at_import, refuse_other_names

_ENDED = ("A003", "A025", "P040")  # the approvals or the contract have run out, or somebody has ended it


def import_roll(desk: Desk, path: Path) -> Roll:
    """Take over a roll file: the first one is pinned, a later one must continue the one in force."""
    data = path.read_bytes()
    with desk.state.transaction() as tx:
        known = permission.roll(tx)
        before = read_roll(known, None) if known else None
        roll = read_roll(data, before)
        if before is None or roll.version > before.version:
            permission.add_roll(tx, roll.version, roll.sha256, data)
            evidence.append(
                tx, "roll_imported", desk.clock(), desk.actor,
                version=roll.version, sha256=roll.sha256, officers=len(roll.officers), threshold=roll.threshold,
            )  # fmt: skip
    return roll


def import_policy(
    desk: Desk, policy_path: Path, approvals: Path | None, inventory: Inventory | None = None
) -> ApprovedPolicy:
    """Verify a policy with its approvals and put it in force; the version before it ends in the same transaction.
    `inventory`: the names that came along with it, where the approvals name their digest."""
    with desk.state.reading() as tx:
        took, _, rules = _verified(desk, tx, policy_path, approvals)
    approved_over = approved_names(desk, sources_of(rules), took.approved.inventory_sha256, inventory)
    names = names_at_import(desk, sources_of(rules))
    with desk.state.transaction() as tx:
        took, before, rules = _verified(desk, tx, policy_path, approvals)
        draft = took.approved.draft
        stored = permission.StoredPolicy(
            name=draft.name,
            version=draft.version,
            sha256=draft.sha256,
            data=draft.data,
            signatures=took.signatures,
            roll_version=took.roll.version,
            replaces_version=before.version if before else None,
            replaces_sha256=before.sha256 if before else None,
            imported_at=desk.now(),
        )
        permission.add_policy(tx, stored)
        refuse_other_names(desk, rules, approved_over, names)
        keep_pins(desk, tx, rules, stored, names)
        evidence.append(
            tx, "policy_imported", desk.clock(), desk.actor,
            policy=draft.name, version=draft.version, sha256=draft.sha256,
            approvals_sha256=took.approved.approvals_sha256, roll_sha256=took.approved.roll_sha256,
            approved_by=list(took.approved.approved_by), inventory_sha256=took.approved.inventory_sha256 or "",
        )  # fmt: skip
    return took.approved


class _Verified(NamedTuple):
    took: policy_life.Import
    before: permission.StoredPolicy | None
    rules: PolicyRules


def _verified(desk: Desk, tx: Tx, policy_path: Path, approvals: Path | None) -> _Verified:
    """Approved, fitting this agent, and compiled: what cannot stand is refused here rather than at night."""
    roll_data = permission.roll(tx)
    if roll_data is None:
        raise PolicyError(
            "A022", "no officer roll is in force here", "import it first: fieldgate officers import roll.json"
        )
    today = max(desk.clock().date(), evidence.last_day(tx))
    decisions = reclassifications(tx, read_rolls(roll_data), today)
    name = policy_life.read_draft(policy_path, today=today, decisions=decisions).name
    before = permission.policy_version(tx, name)
    took = policy_life.load_for_import(
        policy_path, approvals, roll_data,
        roll_in_force=read_roll(roll_data, None), today=today, decisions=decisions,
        replaces=Predecessor(before.name, before.version, before.sha256) if before else None,
    )  # fmt: skip
    _must_fit(desk.config, took.approved.draft)
    _must_agree(tx, took.approved.draft)
    [rules] = compile_ruleset([took.approved], today=today, decisions=decisions).policies
    return _Verified(took, before, rules)


def import_decision(desk: Desk, path: Path) -> Decision:
    """Take over a signed decision; it is read again, under the same roll, whenever it is relied on."""
    data = path.read_bytes()
    with desk.state.transaction() as tx:
        roll_data = permission.roll(tx)
        if roll_data is None:
            raise PolicyError(
                "A022", "no officer roll is in force here", "import it first: fieldgate officers import roll.json"
            )
        roll = read_roll(roll_data, None)
        decision = read_decision(data, roll, today=desk.clock().date())
        permission.add_decision(tx, decision.sha256, decision.kind, data, roll.version, desk.now())
        if decision.kind == "release":
            holds.release(desk, tx, decision)
        evidence.append(
            tx, "decision_imported", desk.clock(), desk.actor,
            kind=decision.kind, sha256=decision.sha256, expires_on=decision.expires_on.isoformat(),
        )  # fmt: skip
    return decision


def load_ruleset(tx: Tx, config: AgentConfig, clock_day: dt.date) -> Ruleset:
    """All that is permitted today. PolicyError (exit 3) where nothing is approved, or a policy was edited since.

    Expired stays expired: a clock behind the newest audit entry has been set back, and that entry's day counts.
    """
    today = max(clock_day, evidence.last_day(tx))
    stored = permission.active_policies(tx)
    roll_data = permission.roll(tx)
    if not stored or roll_data is None:
        raise PolicyError(
            "A020",
            "no approved policy is in force, so nothing is read",
            "have a policy approved, then: fieldgate policy import FILE",
        )
    rolls = read_rolls(roll_data)
    _refuse_other_roll(tx, rolls)
    decisions = reclassifications(tx, rolls, today)
    standing, ended = [], []
    for one in stored:
        _refuse_edited(config, one)
        try:
            policy = approved_policy(one, rolls, today)
            _refuse_never_imported(tx, policy)
            _refuse_ended(tx, policy)
            _refuse_revoked(config, one)
            if ends_on(policy) <= today:  # compiled alone, so that it says in its own words what has ended
                compile_ruleset([policy], today=today, decisions=decisions)
            standing.append(policy)
        except PolicyError as error:
            if error.code not in _ENDED:
                raise
            ended.append(error)  # it stops by itself, and the others go on
    if not standing:
        raise ended[0]
    return compile_ruleset(standing, today=today, decisions=decisions)


def last_approved(tx: Tx, name: str) -> PolicyRules:
    """The last approved version of a policy, ended or not, as it stood on the day of its import. Under its identity
    travels what people said, never data: an opt-out must reach whoever holds the data, whatever became of the policy.
    """
    stored, roll_data = permission.policy_version(tx, name), permission.roll(tx)
    if stored is None or roll_data is None:
        raise _tampered(f"policy {shown(name)} has a stream and was never imported")
    rolls = read_rolls(roll_data)
    _refuse_other_roll(tx, rolls)
    day = dt.datetime.fromisoformat(stored.imported_at).date()
    policy = approved_policy(stored, rolls, day)
    _refuse_never_imported(tx, policy)
    [rules] = compile_ruleset([policy], today=day, decisions=reclassifications(tx, rolls, day)).policies
    return rules


def approved_policy(stored: permission.StoredPolicy, rolls: tuple[Roll, ...], today: dt.date) -> ApprovedPolicy:
    """The stored bytes and signatures, judged anew under the roll they were imported under."""
    if not 1 <= stored.roll_version <= len(rolls):
        raise _tampered(f"policy {shown(stored.name)} names an officer roll that never was in force here")
    replaces = (
        Predecessor(stored.name, stored.replaces_version, stored.replaces_sha256 or "")
        if stored.replaces_version is not None
        else None
    )
    return approve(_draft(stored), stored.signatures, rolls[stored.roll_version - 1], today=today, replaces=replaces)


def reclassifications(tx: Tx, rolls: tuple[Roll, ...], today: dt.date) -> frozenset[tuple[str, str]]:
    """(table, column) that officers have allowed although they look suspicious; unexpired ones only."""
    return reclassified(standing_decisions(tx, "reclassify", rolls, today), today)


def standing_decisions(tx: Tx, kind: Kind, rolls: tuple[Roll, ...], today: dt.date) -> list[Decision]:
    """The officers' imported decisions of this kind that hold today."""
    found = []
    for data, _ in permission.decisions(tx, kind):
        try:
            found.append(read_standing(data, rolls, today=today))
        except PolicyError:
            continue  # ended, or its signatures no longer hold: then it allows nothing
    return found


def _refuse_other_roll(tx: Tx, rolls: tuple[Roll, ...]) -> None:
    """The roll in the state file must be the one whose import is audited: a swapped one is tampering."""
    imported = {(facts["version"], facts["sha256"]) for facts in evidence.said(tx, "roll_imported")}
    newest = max((version for version, _ in imported), default=0)
    if rolls[-1].version != newest or (rolls[-1].version, rolls[-1].sha256) not in imported:
        raise _tampered("the officer roll in the state file is not the one that was imported")


def _refuse_never_imported(tx: Tx, policy: ApprovedPolicy) -> None:
    """A policy row must be the newest audited import of its name: nothing slips in, and no older version comes back."""
    imports = [facts for facts in evidence.said(tx, "policy_imported") if facts["policy"] == policy.draft.name]
    newest = imports[-1] if imports else {}
    if (newest.get("version"), newest.get("sha256"), newest.get("approvals_sha256")) != (
        policy.draft.version,
        policy.draft.sha256,
        policy.approvals_sha256,
    ):
        raise _tampered(f"policy {shown(policy.draft.name)} in the state file is not the one that was imported last")


def _refuse_ended(tx: Tx, policy: ApprovedPolicy) -> None:
    """What somebody has ended stays ended."""
    for facts in evidence.said(tx, "policy_ended"):
        if (facts["policy"], facts["version"]) == (policy.draft.name, policy.draft.version):
            raise _tampered(f"policy {shown(policy.draft.name)} was ended, and the state file says that it is in force")


def _refuse_revoked(config: AgentConfig, stored: permission.StoredPolicy) -> None:
    """A state file from before the revocation does not undo it."""
    if position.ended(config, stored.name, stored.version):
        raise PolicyError(
            "A025",
            f"policy {shown(stored.name)} v{stored.version} was revoked here; the state file is an older copy",
            "have its next version approved: fieldgate policy submit",
        )


def _tampered(what: str) -> SealError:
    return SealError(
        "FG-K30",
        f"{what}: somebody has changed the state file",
        "stop the agent, tell the compliance officer, put the last backup in its place, then: fieldgate resync",
    )


def policies_in_force(desk: Desk) -> Ruleset:
    with desk.state.reading() as tx:
        return load_ruleset(tx, desk.config, desk.clock().date())


def _draft(stored: permission.StoredPolicy) -> Draft:
    read = read_policy(stored.data, f"{stored.name}.yaml")
    written = None if isinstance(read, tuple) else (read.name, read.version, read.sha256)
    if isinstance(read, tuple) or written != (stored.name, stored.version, stored.sha256):
        raise PolicyError(
            "A001",
            f"the stored bytes of policy {shown(stored.name)} are not the ones that were approved",
            f"import the approved file again; digest wanted: {stored.sha256}",
        )
    return read


def _refuse_edited(config: AgentConfig, stored: permission.StoredPolicy) -> None:
    """The copy in the policies folder is what people look at: edited there, the policy is not approved any more."""
    path = config.policies / f"{stored.name}.yaml"
    if not path.is_file():
        return
    try:
        data = path.read_bytes()
    except OSError:
        raise ConfigError(
            "FG-C45",
            f"the copy of policy {shown(stored.name)} in the policies folder cannot be read, so nobody can say whether"
            " it was edited",
            f"give the service account the right to read {path}",
        ) from None
    if digest(data) == stored.sha256:
        return
    read = read_policy(data, path.name)
    if not isinstance(read, tuple) and read.version != stored.version:
        return  # the next version, being drafted beside the one in force
    raise PolicyError(
        "A001",
        f"{shown(path.name)} was edited after its approval, so it is not approved any more: 0 approvals of these bytes",
        f"put the approved file back (digest wanted: {stored.sha256}), or raise `version` and have it approved",
    )


def _must_fit(config: AgentConfig, draft: Draft) -> None:
    """What the policy names must exist in agent.yaml."""
    document = draft.document
    missing = []
    if document.recipient not in config.recipients:
        missing.append(f"recipient {shown(document.recipient)}")
    named = {dataset.from_.source for dataset in document.datasets.values()}
    named |= {group.source for group in document.choices.values()}
    missing += [f"source {shown(name)}" for name in sorted(named - config.sources.keys())]
    missing += [f"store {shown(store)}" for store in document.stores if store not in config.stores]
    if missing:
        raise PolicyError(
            "A021",
            f"policy {draft.name} names what agent.yaml does not have: {', '.join(missing)}",
            "add it to agent.yaml, or correct the policy",
            exit_status=1,
        )


def _must_agree(tx: Tx, draft: Draft) -> None:
    """Two policies of which one says that Y is a no and the other that it is a yes: only one can be meant."""
    others = [_draft(one) for one in permission.active_policies(tx) if one.name != draft.name]
    found = [problem for other in others for problem in check_together([other, draft])]
    if found:
        raise PolicyError(
            "P052",
            f"{shown(draft.file)} line {found[0].line}: {found[0].message}, which is in force here",
            f"{found[0].help}; see: fieldgate policy check --explain P052",
            exit_status=1,
        )


def sources_of(policy: PolicyRules) -> list[str]:
    """The sources a policy reads, choices included."""
    names = {dataset.source for dataset in policy.datasets}
    names |= {p.choices.source for dataset in policy.datasets for p in dataset.people if p.choices}
    return sorted(names)
