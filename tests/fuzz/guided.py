"""The reader under a coverage-guided fuzzer: `pip install atheris`; `python -m tests.fuzz.guided FOLDER [options]`.

FOLDER keeps what was found interesting; options are libFuzzer's, such as -runs=20000. Status 0: nothing was found.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["agent.core"]):
    from tests.fuzz.judge import judge

from tests.fuzz.mutations import Mutator, seeds

_mutator = Mutator(0)


def mutated(data: bytes, max_size: int, seed: int) -> bytes:
    """Words exchanged for words, every other time; bytes for bytes otherwise."""
    _mutator.random.seed(seed)
    if seed % 2:
        return bytes(atheris.Mutate(data, max_size))
    return _mutator.mutate(data.decode("utf-8", "replace")).encode("utf-8", "surrogatepass")[:max_size]


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(seeds()):
        (folder / f"seed-{number:03}.yaml").write_text(text, "utf-8")
    atheris.Setup(
        [sys.argv[0], str(folder), "-max_len=8192", "-timeout=60", *sys.argv[2:]], judge_only, custom_mutator=mutated
    )
    atheris.Fuzz()


def judge_only(data: bytes) -> None:
    judge(data)


if __name__ == "__main__":
    main()
