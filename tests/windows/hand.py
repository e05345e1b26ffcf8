"""Runs under Wine for as long as a scenario lasts, so that all of it is one tree of processes: takes a command as a
line of JSON, answers with what it printed and how it ended. Imports nothing but Python's own.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys


def main() -> None:
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        given = base64.b64decode(asked["stdin"])
        try:
            done = subprocess.run(
                asked["command"], input=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                timeout=asked["timeout"], cwd=asked["folder"], env=os.environ | asked["env"],
            )  # fmt: skip
            status, said = done.returncode, done.stdout
        except subprocess.TimeoutExpired as late:
            status, said = -1, (late.stdout or b"") + b"\n(no end)"
        answer = {"status": status, "said": base64.b64encode(said).decode()}
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
