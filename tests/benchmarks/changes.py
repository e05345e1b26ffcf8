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

What is left, by profile: the driver itself (twice: choices, then rows), five keyed BLAKE2b a row (person twice, id,
pseudonym, nonce: 0.9 us each on this machine), Python's own loops. Candidates that keep every promise: rows from the
driver straight into columns, without a tuple each (1 us a row and pass); choices read in the same pass where a
dataset's people stand in its own table; a settled batch and the next claim in one commit (one fsync less a batch).
"""
