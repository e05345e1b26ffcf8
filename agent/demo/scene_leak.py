"""Scene 7: the demo searches for its own leak, and proves that it would have seen one."""

from __future__ import annotations

import re
import time
from collections import Counter

from agent.demo import places
from agent.demo.dms import SHOWCASE, marker
from agent.demo.facts import Leak, Searched
from agent.demo.leaks import Search, forms_of, forms_seen, how_markers_stand
from agent.demo.scene_permission import columns_named, nonpublic_columns, own_statements
from agent.demo.stage import Stage
from agent.state import outbox

_NOTHING = re.compile(r"\bWHERE 1 = 0\s*\Z")


def look_for_a_leak(stage: Stage, expected: frozenset[str]) -> Searched:
    """`expected`: the markers of the customers whose e-mail may leave, as SQL of the owner counted them."""
    search, began = stage.search, time.monotonic()
    stage.teller.progress("searching all that was written", 0, 0)
    with stage.desk.state.reading() as tx:
        waiting = outbox.waiting(tx).items
    places.look_into_outbox(stage)
    places.look_everywhere(stage)
    seconds = time.monotonic() - began
    shown, leaks = _judged(search)
    _check_shown(stage, search, shown)
    markers = _check_markers(stage, search, expected)
    trial = next(value for value in stage.dealership.planted() if value.kind == "ssn").value
    facts = stage.facts
    facts.same("forms the search can see", "written", len(forms_of(trial)), "seen", forms_seen(search, trial))
    facts.same("nonpublic values found", "expected", 0, "the search", sum(leak.times for leak in leaks))
    facts.same("batches that still wait", "expected", 0, "the agent's state", waiting)
    statements, named, denied = _statements(stage)
    if stage.enforces:
        facts.same(
            "statements that name a nonpublic column", "the server's log", named, "of them refused probes", denied
        )
    return Searched(
        planted=search.planted,
        forms=len(forms_of(trial)),
        forms_seen=forms_seen(search, trial),
        megabytes=round(search.searched / 1e6, 1),
        seconds=round(seconds, 1),
        places=tuple(sorted(search.markers)),
        found=sum(leak.times for leak in leaks),
        leaks=leaks,
        shown=shown,
        markers=markers,
        markers_expected=len(expected),
        statements=statements,
        named=named,
        probes_denied=denied,
        named_without_denial=named - denied,
    )


def _judged(search: Search) -> tuple[int, tuple[Leak, ...]]:
    """(sightings on the screen, leaks). What scene 4 shows of Pat on purpose is on the screen and is counted apart."""
    times = Counter((s.place, s.what, s.form) for s in search.sightings)
    shown = sum(count for (place, _, _), count in times.items() if place == places.SCREEN)
    leaks = [Leak(*where, count) for where, count in sorted(times.items()) if where[0] != places.SCREEN]
    return shown, tuple(leaks)


def _check_shown(stage: Stage, search: Search, shown: int) -> None:
    both = stage.facts.both
    told = sum(side.received is None and search.knows(side.there) for side in both.sides) if both else 0
    stage.facts.same("planted values on this screen", "step 4 shows", told, "the search", shown)


def _check_markers(stage: Stage, search: Search, expected: frozenset[str]) -> int:
    """Every expected marker once in the outbox, once at the car maker and once in its log; none anywhere else."""
    facts = stage.facts
    for place in (places.OUTBOX, places.RECORDS, places.OPERATIONS):
        found = search.markers.get(place, Counter())
        facts.same(f"markers in {place}", "SQL of the owner", len(expected), "the search", found.total())
        facts.same(f"markers in {place}", "expected", "each once", "the search", how_markers_stand(found, expected))
    own = {marker(SHOWCASE)}
    for place, found in sorted(search.markers.items()):
        if place.startswith("car maker") or place == places.OUTBOX:
            strangers = len(set(found) - expected)
        else:
            strangers = len(set(found) - (own if place == places.SCREEN else set()))
        facts.same(f"markers in {place} that do not belong there", "expected", 0, "the search", strangers)
    return len(set(search.markers.get(places.RECORDS, ())) & expected)


def _statements(stage: Stage) -> tuple[int, int, int]:
    """(all by the agent's account, those that name a nonpublic column, those of them that are refused probes)."""
    own = own_statements(stage)
    hidden = nonpublic_columns()
    naming = [s for s in own if columns_named(s.statement, hidden)]
    denied = sum(bool(s.error_code) and bool(_NOTHING.search(s.statement)) for s in naming)
    return len(own), len(naming), denied
