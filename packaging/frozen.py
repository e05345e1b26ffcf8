"""The frozen program: one executable for the command line and, as its own child, for the reader.

PyInstaller starts this file. A frozen program cannot be asked for `python -m agent.service.reader`, so the supervisor
asks it for `fieldgate reader-child` instead; the word is no command of the command line and never reaches it.
"""

from __future__ import annotations

import sys

from agent.service.supervisor import READER_CHILD


def start() -> int:
    if sys.argv[1:] == [READER_CHILD]:
        from agent.service import reader

        return reader.main()
    from agent.cli import main

    main()
    return 0


if __name__ == "__main__":
    sys.exit(start())
