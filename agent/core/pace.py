"""How long to leave a DMS alone between two pages. Pure: the caller measures and sleeps.

A page that took much longer than the quickest one so far says that the DMS is busy with its own people: then we rest as
long as it took, so that at most half of its time is ours, and go on at full speed when it has recovered.
"""

from __future__ import annotations

from dataclasses import dataclass

_SLOW_S = 0.5  # quicker than this nobody at a counter notices
_TIMES = 3.0  # slower than the quickest page by this factor: it has slowed down
_LONGEST_S = 15.0  # well within what the reader child is given for a page


@dataclass(slots=True)
class Pace:
    """Of one reading. `pause_s`: what agent.yaml asks for between any two pages."""

    pause_s: float = 0.0
    quickest_s: float = float("inf")

    def rest_s(self, took_s: float) -> float:
        """How long to rest after a page that took so long."""
        self.quickest_s = min(self.quickest_s, took_s)
        if took_s < _SLOW_S or took_s < _TIMES * self.quickest_s:
            return self.pause_s
        return min(max(took_s, self.pause_s), _LONGEST_S)
