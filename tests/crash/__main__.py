"""Break the agent at every operation, and see what is left.

python -m tests.crash             a seeded sample: a minute
python -m tests.crash --long      the whole set: matrix, power cuts, network, 200 kills; exit 1 if one does not hold,
                                  or the set did not see its end
python -m tests.crash --write     the whole set, and docs/reliability.md from what it found

What was found stands in .cache/crash, named by the code that was tried: a whole set that was stopped goes on where it
was, and --write says in how many sittings it was done.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.crash import report, suite
from tests.crash.dealer import dealer

ROOT = Path(__file__).parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--long", action="store_true", help="the whole set")
    parser.add_argument("--write", action="store_true", help="the whole set, and the table")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--minutes",
        type=float,
        default=None,
        help="begin no cell after so many; what is left out is told",
    )
    asked = parser.parse_args()
    if not (asked.long or asked.write):
        return _sample()
    found = suite.everything(
        lambda text: print(text, flush=True), asked.workers, asked.minutes, ROOT / ".cache" / "crash"
    )
    bad = [cell for cell in found.cells if cell.problems]
    before = sum(one.before_the_last_receipt for one in found.storms)
    print(
        f"{len(found.cells)} cells, {len(bad)} did not hold; {sum(one.kills for one in found.storms)} kills, {before}"
    )
    print(f"  before the last receipt; {sum(found.sittings):.0f} s; {len(found.stopped)} sets did not see their end")
    for problem in found.problems:
        print(f"  {problem}")
    if asked.write:
        (ROOT / "docs" / "reliability.md").write_text(report.write(found), "utf-8")
    return 1 if found.problems else 0


def _sample() -> int:
    with tempfile.TemporaryDirectory(prefix="fieldgate-crash-") as name, dealer(Path(name) / "house") as one:
        cells = list(suite.sample(one, 12, random.Random(suite.SEED)))
    for cell in cells:
        print(f"  {cell.effect:<18} {cell.fault:<20} {cell.outcome:<14} {'; '.join(cell.problems) or 'whole'}")
    return 1 if any(cell.problems for cell in cells) else 0


if __name__ == "__main__":
    sys.exit(main())
