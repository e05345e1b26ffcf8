"""Measurements to Markdown, for docs/performance.md: what was measured, on what, by which command, and what it was."""

from __future__ import annotations

from statistics import median
from typing import Any

from tests.benchmarks.changes import BEFORE_AND_AFTER

MARKS = {("sqlite", 8, 1): 0.25, ("sqlite", 8, 2): 0.38}
_ENGINE = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mariadb": "MariaDB"}


def write(found: dict[str, Any]) -> str:
    parts = [_head(found)]
    if "rates" in found:
        parts.append(_rates(found))
    if "sizes" in found:
        parts.append(_sizes(found["sizes"]))
    if "start" in found:
        s = found["start"]
        parts.append(
            f"## Start-up\n\n`fieldgate --help`: {s['median_s']:.2f} s"
            f" ({s['best_s']:.2f} to {s['worst_s']:.2f}); mark 0.30 s.\n"
        )
    if "shares" in found:
        parts.append(_shares(found["shares"]))
    return "\n".join([*parts, BEFORE_AND_AFTER])


def _head(found: dict[str, Any]) -> str:
    m = found["machine"]
    return f"""# Performance

Made on {m["on"]} by `{found["command"]}`: {m["cpu"]}, {m["cores"]} cores, {m["system"]}, Python {m["python"]};
load average {found["load"]:.1f}. Rates depend on the machine; compare ratios. Whoever doubts a number runs the command.

**The whole path** is `extract_once` and `deliver_once` as they run at night, everything on: choices read first, keyset
pages, pinned names compared, screen, page digests, encoding, the gate, hashes, Merkle tree, compression, encrypted
bodies, watermark, audit, disclosures, signatures, receipts verified, the state file at `synchronous=FULL`. Only the
network and the OEM's own work are left out: the recipient stands in the measuring process, takes the bytes
as they would go
out, and signs a receipt. **The bare loop** is `tests/benchmarks/bare.py`: pyodbc, pages of 5,000, the same columns, the
result thrown away. Both run turn by turn in the same process; the reader child is started before the clock.
**records/s** counts rows read. **CPU** is the same ratio in CPU seconds of both our processes together: it moves less
when a neighbor takes the core, and it is the one to believe where the load average is above the number of cores.
"""


def _rates(found: dict[str, Any]) -> str:
    lines = [
        f"## Rates\n\n{found['rows']:,} rows, {found['turns']} turns, medians; [lowest, highest] of the turns.\n",
        "| engine | columns | cores | bare loop/s | first load/s | of bare | CPU | re-read/s | of bare | CPU | mark |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in found["rates"]:
        turns = row["turns"]
        mark = MARKS.get((row["engine"], row["columns"], row["cores"]))
        lines.append(
            f"| {_ENGINE[row['engine']]} | {row['columns']} | {row['cores']} | {_rate(turns, 'bare')}"
            f" | {_rate(turns, 'first')} | {_ratio(turns, 'first')} | {_cpu(turns, 'first')}"
            f" | {_rate(turns, 'again')} | {_ratio(turns, 'again')} | {_cpu(turns, 'again')} | {mark or ''} |"
        )
    lines.append(
        "\nOne core: supervisor and reader child are held to one core (`sched_setaffinity`); two: a second core is"
        " free. A database server is not held.\n"
    )
    return "\n".join(lines)


def _rate(turns: list[dict[str, Any]], what: str) -> str:
    return f"{median(t[what]['rows'] / t[what]['s'] for t in turns):,.0f}"


def _ratio(turns: list[dict[str, Any]], what: str) -> str:
    ratios = sorted(t["bare"]["s"] / t[what]["s"] for t in turns)
    return f"**{median(ratios):.2f}** [{ratios[0]:.2f}, {ratios[-1]:.2f}]"


def _cpu(turns: list[dict[str, Any]], what: str) -> str:
    return f"{median(t['bare']['cpu_s'] / t[what]['cpu_s'] for t in turns):.2f}"


def _sizes(sizes: list[dict[str, Any]]) -> str:
    lines = [
        (
            "## Size\n\nSQLite, 8 columns. Memory: the highest resident size of each process (VmHWM), over a first load"
            " and a re-read. Marks: under 100 MB (child) and 80 MB (supervisor), flat.\n"
        ),
        (
            "| rows | reader child | supervisor | first load | a row | re-read | a row | state file | a row"
            " | wire bytes a record |"
        ),
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for one in sizes:
        n, first, again, peak = one["rows"], one["first"], one["again"], one["peak_mb"]
        lines.append(
            f"| {n:,} | {peak['child']:.0f} MB | {peak['supervisor']:.0f} MB"
            f" | {first['s']:.1f} s | {first['s'] / n * 1e6:.1f} us"
            f" | {again['s']:.1f} s | {again['s'] / n * 1e6:.1f} us"
            f" | {one['state_bytes_again'] / 1e6:.0f} MB | {one['state_bytes_again'] / n:.0f} bytes"
            f" | {one['wire_bytes'] / max(1, first['delivered']):.0f} |"
        )
    last = sizes[-1]["again"]
    lines.append(
        f"\n**Quiet run.** Nothing has changed in the DMS, and {sizes[-1]['rows']:,} rows are read again whole:"
        f" {last['s']:.1f} s, {last['batches']} batches, {last['delivered']} lines sent. `changes: {{column}}` is"
        " not used for reading yet: every run is a complete comparison. The mark (one page statement, under a second)"
        " waits for that.\n"
    )
    return "\n".join(lines)


def _shares(shares: dict[str, float]) -> str:
    lines = [
        (
            "## Where the time goes\n\nOne first load in one process under cProfile, which makes Python look dearer"
            " than C. A step's time contains what it calls, so steps overlap.\n"
        ),
        "| step | share |",
        "|---|---|",
    ]
    lines += [f"| {step} | {share:.0%} |" for step, share in sorted(shares.items(), key=lambda s: -s[1])]
    return "\n".join([*lines, ""])
