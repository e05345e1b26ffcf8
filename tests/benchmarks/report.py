"""Measurements to Markdown, for docs/performance.md: what was measured, on what, by which command, and what it was."""

from __future__ import annotations

from statistics import median
from typing import Any

MARKS = {("sqlite", 8, 1): 0.25, ("sqlite", 8, 2): 0.38}
CHANGES = "What was made faster, what was left and why: [performance-changes.md](performance-changes.md).\n"
_ENGINE = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mariadb": "MariaDB"}


def write(found: dict[str, Any]) -> str:
    parts = [_head(found)]
    for part, section in (
        ("rates", _rates), ("others", _others), ("sizes", _sizes), ("quiet", _quiet), ("start", _start),
        ("shares", _shares), ("receiver", _receiver),
    ):  # fmt: skip
        if part in found:
            parts.append(section(found))
    if found["missing"]:
        parts.append("## Not measured\n\n" + "\n".join(f"- {what}" for what in found["missing"]) + "\n")
    return "\n".join([*parts, CHANGES])


def _start(found: dict[str, Any]) -> str:
    s = found["start"]
    return (
        f"## Start-up\n\n`fieldgate --help`: {s['median_s']:.2f} s ({s['best_s']:.2f} to {s['worst_s']:.2f});"
        " mark 0.30 s.\n"
    )


def _receiver(found: dict[str, Any]) -> str:
    r = found["receiver"]
    each, size = r["batches"] / r["seconds"], r["records"] / max(1, r["batches"])
    return (
        "## The receiver\n\nOne process of `fieldgate receiver run` over HTTPS, every batch durable before its"
        f" receipt, {r['streams']} dealers with a stream each, batches of {size:,.0f} records,"
        f" {r['seconds']:.0f} s; the dealers, who sign, pack and wait, shared the cores with it, and one more threw"
        f" {r['bombs_refused']} decompression bombs: {each:.0f} batches/s, {each * size:,.0f}"
        f" records/s; memory {max(r['memory_mb']):.0f} MB at most, the last quarter of the time"
        f" {r['growth_mb']:+.0f} MB against the third. No gap.\n"
    )


def _quiet(found: dict[str, Any]) -> str:
    q = found["quiet"]
    met = "met" if q["statements"] == 2 and not q["read"] else "**NOT MET**"
    return (
        "## What a quiet run asks\n\nPostgreSQL's own log of a run in which nothing has changed since the last, at"
        f" {q['rows']:,} rows: {q['statements']} page statements (choices and customers, one each), {q['read']} rows,"
        f" {q['s']:.2f} s. Mark: one page statement per dataset with `changes: {{column}}`: {met}.\n"
    )


def _others(found: dict[str, Any]) -> str:
    o = found["others"]
    own = next(
        (r for r in found.get("rates", ()) if (r["engine"], r["columns"], r["cores"]) == ("postgresql", 8, 2)), None
    )
    lines = [
        "## What a user would pick instead\n",
        f"PostgreSQL, {o['rows']:,} rows, the same 8 columns, two cores; each tool in an environment of its own, made",
        "by the command from PyPI. None of them screens, honors choices, signs or stores safely; every row was counted",
        "on arrival. dlt's clock starts after its imports, Singer's with its two programs. Memory: of the largest",
        "process.\n",
        "| | rows/s | peak memory |",
        "|---|---|---|",
    ]
    if own:
        peak = max(max(t["peak_mb"].values()) for t in own["turns"])
        lines.append(f"| **fieldgate, first load, everything on** | {_rate(own['turns'], 'first')} | {peak:.0f} MB |")
    for tool in o["tools"]:
        if "why" in tool:
            lines.append(f"| {tool['what']} | not measured: {tool['why']} | |")
        else:
            lines.append(f"| {tool['what']} | {median(tool['rates']):,.0f} | {tool['peak_mb']:.0f} MB |")
    return "\n".join([*lines, ""])


def _head(found: dict[str, Any]) -> str:
    m = found["machine"]
    return f"""# Performance

Made on {m["on"]} by `{found["command"]}`: {m["cpu"]}, {m["cores"]} cores, {m["system"]}, Python
{m["python"]}; load average before, between and after {" / ".join(f"{one:.1f}" for one in found["load"])}.
Rates depend on the machine; compare ratios. Whoever doubts a number runs the command.

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
        (
            f"## Rates\n\n{found['turns']} turns, bare loop and path in alternation; medians, [lowest, highest]."
            " Re-read: a complete comparison in which no row has changed.\n"
        ),
        (
            "| engine | rows | columns | cores | bare loop/s | first load/s | of bare | CPU | re-read/s | of bare | CPU"
            " | mark |"
        ),
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in found["rates"]:
        turns = row["turns"]
        mark = MARKS.get((row["engine"], row["columns"], row["cores"]))
        lines.append(
            f"| {_ENGINE[row['engine']]} | {row['rows']:,} | {row['columns']} | {row['cores']} | {_rate(turns, 'bare')}"
            f" | {_rate(turns, 'first')} | {_ratio(turns, 'first')} | {_cpu(turns, 'first')}"
            f" | {_rate(turns, 'again')} | {_ratio(turns, 'again')} | {_cpu(turns, 'again')} | {mark or ''} |"
        )
    lines.append(
        "\nOne core: supervisor and reader child are held to one core (`sched_setaffinity`); two: a second core is"
        " free. A database server is not held.\n"
    )
    lines += [_mechanics(row["turns"]) for row in found["rates"] if "mechanics" in row["turns"][0]]
    return "\n".join(lines)


def _mechanics(turns: list[dict[str, Any]]) -> str:
    us = [t["mechanics"]["s"] / t["mechanics"]["rows"] * 1e6 for t in turns]
    bare = [t["bare"]["s"] / t["bare"]["rows"] * 1e6 for t in turns]
    return (
        "\n**What the libraries alone take** (`tests/benchmarks/mechanics.py`, SQLite, 8 columns, in turn with the two"
        " above): choices read before data, keyed hashes, encoding, lines, leaves and tree, compression, encryption and"
        " a commit a page, in one process with nothing around them, nothing screened, checked, remembered, audited or"
        f" delivered: {median(us):.1f} us a row beside {median(bare):.1f} of the bare loop,"
        f" {_ratio(turns, 'mechanics')} of it.\n"
    )


def _rate(turns: list[dict[str, Any]], what: str) -> str:
    return f"{median(t[what]['rows'] / t[what]['s'] for t in turns):,.0f}"


def _ratio(turns: list[dict[str, Any]], what: str) -> str:
    ratios = sorted(t["bare"]["s"] / t[what]["s"] for t in turns)
    return f"**{median(ratios):.2f}** [{ratios[0]:.2f}, {ratios[-1]:.2f}]"


def _cpu(turns: list[dict[str, Any]], what: str) -> str:
    return f"{median(t['bare']['cpu_s'] / t[what]['cpu_s'] for t in turns):.2f}"


def _sizes(found: dict[str, Any]) -> str:
    lines = [
        (
            "## Size\n\nSQLite, 8 columns, two cores. Memory: the highest resident size of each process (VmHWM) over a"
            " first load, a quiet run and a complete comparison. Marks: under 100 MB (child) and 80 MB (supervisor),"
            " flat; a quiet run over 1 million rows under a second. `status`: until the state file is open and health"
            " is known.\n"
        ),
        (
            "| rows | reader child | supervisor | first load | a row | quiet run | re-read | a row | state file | a row"
            " | wire, a record | `status` |"
        ),
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for one in found["sizes"]:
        n, first, again, peak = one["rows"], one["first"], one["again"], one["peak_mb"]
        lines.append(
            f"| {n:,} | {peak['child']:.0f} MB | {peak['supervisor']:.0f} MB"
            f" | {first['s']:.1f} s | {first['s'] / n * 1e6:.1f} us | {one['quiet']['s']:.2f} s"
            f" | {again['s']:.1f} s | {again['s'] / n * 1e6:.1f} us"
            f" | {one['state_bytes_again'] / 1e6:.0f} MB | {one['state_bytes_again'] / n:.0f} bytes"
            f" | {one['wire_bytes'] / max(1, first['delivered']):.0f} bytes | {one['status_s']:.2f} s |"
        )
    return "\n".join([*lines, ""])


def _shares(found: dict[str, Any]) -> str:
    screen, steps = found["shares"]["screen"], found["shares"]["steps"]
    share = screen["screen_us"] / screen["bare_us"]
    lines = [
        "## The screen\n",
        (
            f"Screening every value of the eight columns: {screen['screen_us']:.2f} us a row, beside"
            f" {screen['bare_us']:.2f} us of the bare loop over the same rows, page by page: **{share:.0%}** of it;"
            " mark: at most 20 %.\n"
        ),
        (
            "## Where the time goes\n\nOne first load in one process under cProfile, which makes Python look dearer"
            " than C. A step's time contains what it calls, so steps overlap.\n"
        ),
        "| step | share |",
        "|---|---|",
    ]
    lines += [f"| {step} | {share:.0%} |" for step, share in sorted(steps.items(), key=lambda s: -s[1])]
    return "\n".join([*lines, ""])
