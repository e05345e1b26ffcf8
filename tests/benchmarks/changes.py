"""What was made faster, and by how much. Written by hand when a change lands; both figures are of one session."""

BEFORE_AND_AFTER = """\
## Before and after

Each change was measured against the state before it, on the same machine in the same hour: CPU of the bare loop over
CPU of the path beside it (SQLite, 8 columns, 200,000 rows); single steps as microseconds a record. Nothing was switched
off for speed: there is one path, and every test runs on it.

| change | before | after |
|---|---|---|
| all of it: first load, CPU ratio to the bare loop | 0.07 | see Rates |
| all of it: re-read of unchanged rows, CPU ratio | 0.14 | see Rates |
| reader child: columns instead of cells, one framing per key, one struct per record | 53 us | 31 us |
| the gate: a pattern per hex value -> lengths in the decoder, hex read joined | 1.8 us a field | 0.2 us |
| refusals looked up one by one -> 900 at a time (under cProfile) | 45 us | 2.7 us |
| choices: meaning worked out per person -> per distinct answer; executemany (under cProfile) | 60 us | 5 us |
| zlib level 1 -> ISA-L level 1 ([decision 60](decisions/0060-packed-while-reading.md)) | 9.8 us | 0.8 us |
| leaf hashes: twice while delivering -> once, while the child reads | 4.4 us | 2.2 us |
| delivery altogether | 31 us and more | 12 us |
| joined hashes cut by slices -> one `struct` unpack | 0.17 us | 0.03 us |
| key framing: a function per text -> one comprehension for short ASCII keys | 0.42 us | 0.15 us |
| the cycle collector looking through pages -> rarely (`service/collector.py`) | 60 us the path | 48 us |
| state file after a first load | 448 bytes a row | 258 bytes a row |
| each line's length -> the last LF within reach (least of 30 looks at a body) | 0.50 us | 0.002 us |
| facts of everybody in a batch -> only where there is any (py-spy) | 0.65 us | none |
| text columns that repeat: each cell -> each text once (least of 25 pages; all columns) | 0.96 us | 0.86 us |
| readings of a policy's YAML for `status` (counted) | 7 | 3 |
| the SQL parser only where a view is met: the service's memory after its imports | 70 MB | 62 MB |
| `fieldgate --help` without every command's options (user CPU, busy machine) | 0.33 s | 0.21 s |
| who may share an address: a filter of a byte a slot -> of a bit (supervisor at 200,000 rows) | 114 MB | 94 MB |
| rows compared with the audit chain: at reading and at sending -> once a run | twice | once |
| who refuses, at the claim: everybody -> whom a filter lets through; the filter (py-spy) | 19 % | 1.2 % |
| with it: CPU of the supervisor, 200,000 and 60,000 rows, busy: a direction only | 37.5 us | 28 to 38 us |
| contacts that moved, where all are looked at anyway: gathered -> not (py-spy, supervisor) | 5 % | none |
| hashes of a page: cut by a `Struct` for each length of page -> in blocks (memory kept) | 32 of 160 kB | 2 kB |
| who may share an address: 4 MB, one place -> 2 MB, two places (two million seem to; computed) | 6 % | 2 % |
| contacts kept one by one before all are looked at | 50,000 | 20,000 |
| pages freed sooner, the gate by 1,000 lines (supervisor; 4 MB of it: measured without rich) | 94 MB | 86 MB |
| after `reconcile` asked of the service: memory given back | no | yes |
| one arena of glibc for the threads of jobs (service, idle after a first run, 60,000 rows) | 88 MB | 85 MB |
| refusals read for the claim's filter where no data waits (133,000 at 1,000,000 rows) | all, once | none |
| statements kept prepared: 128 -> 16; no filter between two jobs (booted service, idle after a run) | 83 MB | 80 MB |
| what a job loads for good: in the midst of it -> before the first (idle after a run, 5,000 rows) | 74.3 MB | 73.3 MB |
| foreign modules frozen with their docstrings -> without (booted service, idle after a run) | 80 MB | 78.0 MB |

What is left, by profile (py-spy, 400 Hz, SQLite, 8 columns; microseconds a row beside a bare loop of 5): the reader
child 15 (the driver 6.6, five keyed BLAKE2b a row 3.3, encoding 3.6, cells to wire values 2.6, the screen 0.8),
choices read before it 4 and remembered 2.7, the gate and the commit of a page 6, delivery 9 (who refuses now: 1.8 at
best in SQLite for any form of the question, before the filter; commits 1.4, Merkle inner nodes 0.8).

The filter in front of the question who refuses must never be stale, and cannot be: what is numbered behind it is looked
up in the rows, only committed rows are taken into it, and where another connection has written everybody is asked.

The supervisor's memory is its imports: 61 MB of 86 before a row is read, of which 23 MB are the files of libraries. A
page in hand adds 15, SQLite and the driver's files 5. Left as it is: `asyncio` (4 MB), which structlog and APScheduler
import and nobody uses; typer, click and the command tree (4 MB) in a service that was started by a command.

A quiet run over 1,000,000 rows is 0.77 s of CPU in both processes together (three runs: 0.81, 0.97 under the profiler,
0.77; load average 9, so the clock says nothing). Of it about 0.6 (estimated) is comparing 133,000 choice events
with the audit chain, once a run, 4 us each: it grows with people who ever said no, and is a promise. Reading them in
other ways (one table alone, 900 at a time, fewer columns) cost the same. At 1,000,000 rows the supervisor
peaked at 88 MB, the child at 72.

Looked at and left: lower thresholds of glibc for giving memory back (1 MB less, 2 us a row more);
`secure_delete` off for what is encrypted anyway (a promise); the second hash of a person (the two passes share no
memory); slicing driver rows instead of copying them to tuples (pyodbc hands back its own row, which is no tuple).
Candidates that keep every promise: rows from the driver straight into columns, without a tuple each (0.4 us a row and
pass); a settled batch and the next claim in one commit (one fsync less a batch); the sealed body kept until its receipt
instead of copied into the batch (0.5 us); digest, size and counts of a body kept beside it, so that a claim that leaves
nothing out need not unpack it (about 9 % of the supervisor, summed from one py-spy run; decision 60 unpacks it once, to
seal what is sent).

### Questions about people

`python -m tests.benchmarks.lookups`: 1,000,000 people with two addresses each, every tenth sharing a phone number
with one other, 4,000,000 records disclosed; CPU on a busy machine.

| question | cost |
|---|---|
| one person among all disclosures (`person show`, `person erase`) | 0.25 s |
| who may share an address, after a first reading | 1.8 s |
| who does | 1.2 s |
| who shares one of 100 that moved | 0.5 s |
| keeping the links of 100,000 people | 2.5 s |
| bringing the claim's filter up to all who are linked, once after a start | 0.24 s |
| who of a batch is asked at all (agent/state/spoken.py), a person of the batch | 0.4 us |
| who of these refuses, a person of the batch (a person asked: 2.1) | 0.2 us |
| who of these is linked with a stop, a person of the batch (a person asked: 4.1) | 0.8 us |

The last three are asked at each claim, of a path of about 48 us a row: 3 % where every tenth shares an address (the
mark is 10 %), and about 1 %, the filter alone, where nobody does. Asked of everybody they were 16 % and 5 %.
"""
