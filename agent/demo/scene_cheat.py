"""Scene 6: somebody tries to get around it, four times, through the functions the commands use. Each attempt stands
beside its innocent half, so that a refusal is about the trick and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agent.core.answers import meaning
from agent.core.policy.checks import Facts as CheckFacts
from agent.core.policy.checks import check_file, errors_in
from agent.core.policy.problems import Problem
from agent.core.seal import SealedBatch
from agent.demo import night
from agent.demo.clerk import Clerk
from agent.demo.dms import SHOWCASE
from agent.demo.facts import Attempt, Cheats
from agent.demo.scene_permission import own_statements
from agent.demo.shipped import POLICY
from agent.demo.stage import Stage, now
from agent.errors import PolicyError
from agent.state import evidence
from agent.tasks.permission import policies_in_force
from agent.tasks.recipient import Recipient, Reply

_MODEL = "      model:       {column: MODEL,    category: vehicle,  type: text 30}\n"
_SALE = "      vin:           {column: VIN,         category: vin,     type: text 17}\n"
_FINAL = "        - {column: DEAL_STATUS, is: F}           # final; an unwound deal is retracted\n"
_EMAIL = "      email:       {column: EMAIL1,     category: email,       type: text 120}\n"


def try_to_cheat(stage: Stage, clerk: Clerk) -> Cheats:
    attempts = (
        _forbidden_field(stage),
        _telling_filter(stage),
        _edit_after_approval(stage),
        _change_a_byte(stage, clerk),
    )
    for attempt in attempts:
        accepted = "accepted" if attempt.innocent else "refused"
        read = "nothing" if attempt.nothing_read else "something"
        stage.facts.same(f"{attempt.what}: without the trick", "expected", "accepted", "measured", accepted)
        stage.facts.same(f"{attempt.what}: outcome", "expected", "refused", "measured", attempt.outcome)
        stage.facts.same(f"{attempt.what}: read", "expected", "nothing", "server's log and audit record", read)
    return Cheats(attempts)


def _forbidden_field(stage: Stage) -> Attempt:
    problems, innocent = _draft(
        stage,
        _SALE,
        harmless="      new_or_used:   {column: NEW_USED, category: vehicle, type: text 1}\n",
        trick="      extra:         {column: APR, category: vehicle, type: text 10}\n",
    )
    return _refused("allow APR in the policy", "P020", "nonpublic", problems, innocent=innocent)


def _telling_filter(stage: Stage) -> Attempt:
    problems, innocent = _draft(
        stage,
        _FINAL,
        harmless="        - {column: NEW_USED, is: N}\n",
        trick="        - {column: LEASE_END_DT, within_months: 6}\n",
    )
    return _refused("pick customers whose lease ends soon", "P024", "the list would tell", problems, innocent=innocent)


def _draft(stage: Stage, after: str, *, harmless: str, trick: str) -> tuple[list[Problem], bool]:
    """Problems of the next version with the trick in it, and whether the harmless change alone had none."""

    def problems(line: str) -> list[Problem]:
        data = _policy(stage).read_text("utf-8").replace("version: 4\n", "version: 5\n")
        if after not in data:
            raise AssertionError("the shipped policy has lost the line this attempt builds on")
        found = check_file(data.replace(after, after + line).encode(), POLICY, CheckFacts(now().date()))
        return list(errors_in(found.problems))

    return problems(trick), not problems(harmless)


def _refused(what: str, code: str, why: str, problems: list[Problem], *, innocent: bool) -> Attempt:
    found = next((p for p in problems if p.code == code), None)
    if found is None:
        return Attempt(what, "allowed", "", "", 0, innocent)
    return Attempt(what, "refused", code, why, found.line, innocent)


def _edit_after_approval(stage: Stage) -> Attempt:
    """The file in the policies folder gets one field more and keeps its version. The database must hear nothing."""
    what = "add WORK_PHONE after approval"
    innocent = _allows_something(stage)
    path, before = _policy(stage), _policy(stage).read_bytes()
    asked, noted = _heard(stage)
    added = "      work_phone:  {column: WORK_PHONE, category: phone,       type: text 40}\n"
    path.write_bytes(before.replace(_EMAIL.encode(), (_EMAIL + added).encode()))
    try:
        night.extract(stage)
        attempt = Attempt(what, "allowed", "", "", 0, innocent)
    except PolicyError as refusal:
        approvals = "0 of 2 approvals" if "0 approvals" in refusal.what and refusal.exit_status == 3 else refusal.code
        silent = _heard(stage) == (asked, noted)
        attempt = Attempt(what, "refused", refusal.code, approvals, 0, innocent, nothing_read=silent)
    finally:
        path.write_bytes(before)
    again = "in force" if _allows_something(stage) else "not in force"
    stage.facts.same("the approved file, put back", "expected", "in force", "measured", again)
    return attempt


def _heard(stage: Stage) -> tuple[int, int]:
    """How many statements the DMS has heard from the agent's account, and how often the agent says that it read."""
    with stage.desk.state.reading() as tx:
        readings = sum(b'"event":"reading"' in data for data, _ in evidence.entries(tx))
    return len(own_statements(stage)), readings


def _allows_something(stage: Stage) -> bool:
    try:
        return bool(policies_in_force(stage.desk).policies)
    except PolicyError:
        return False


def _policy(stage: Stage) -> Path:
    return stage.config.policies / POLICY


class _OnTheWay:
    """A device between agent and car maker. The first data batch passes twice: with one byte changed, then as it is."""

    def __init__(self, recipient: Recipient, note: Callable[[Reply], None]) -> None:
        self._recipient, self._note = recipient, note
        self._done = False

    def push(self, batch: SealedBatch) -> Reply:
        if not self._done and batch.manifest.kind == "data":
            self._done = True
            self._note(self._recipient.push(_altered(batch)))
        return self._recipient.push(batch)

    def head(self, stream_id: str, now_s: int, jti: str) -> Reply:
        return self._recipient.head(stream_id, now_s, jti)

    def keys(self) -> Reply:
        return self._recipient.keys()


def _altered(batch: SealedBatch) -> SealedBatch:
    """One digit of an odometer is another digit: a well-formed body that its manifest does not describe."""
    at = batch.content.index(b'"odometer":') + len(b'"odometer":')
    digit = b"1" if batch.content[at : at + 1] != b"1" else b"2"
    return SealedBatch(
        batch.manifest, batch.jws, batch.manifest_sha256, batch.content[:at] + digit + batch.content[at + 1 :]
    )


def _change_a_byte(stage: Stage, clerk: Clerk) -> Attempt:
    what = "change one byte of a batch on the way"
    clerk.drive(SHOWCASE, "01")
    night.extract(stage)
    refusals: list[Reply] = []
    deliveries = night.deliver(stage, way=lambda recipient: _OnTheWay(recipient, refusals.append))
    innocent = any(d.outcome == "settled" and d.kind == "data" for d in deliveries)
    if not refusals or refusals[0].status < 400:
        return Attempt(what, "allowed", "", "", 0, innocent)
    problem = meaning(refusals[0].status, refusals[0].problem).problem
    return Attempt(what, "refused", problem, f"by the car maker ({refusals[0].status})", 0, innocent)
