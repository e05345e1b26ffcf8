"""How fast, how large, how much of it is what. `python -m tests.benchmarks` makes the tables of docs/performance.md."""
