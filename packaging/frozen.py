"""The frozen program: one executable for the command line, as its own child for the reader, and for Windows' services.

PyInstaller starts this file. A frozen program cannot be asked for `python -m agent.service.reader`, so the supervisor
asks it for `fieldgate reader-child` instead; the word is no command of the command line and never reaches it.
"""

from __future__ import annotations

import os
import sys

SERVICE_MAIN = "service-main"  # what Windows' service manager starts (agent/service/windows_service.py)


def start() -> int:
    if sys.platform == "win32":  # however it is started, it works with the installed agent.yaml
        from agent.service.windows_layout import config_file

        os.environ.setdefault("FIELDGATE_CONFIG", str(config_file()))
    if sys.argv[1:] == [SERVICE_MAIN] and sys.platform == "win32":
        from agent.service import windows_host  # first and alone: the manager gives a program half a minute to answer

        return windows_host.main()
    from agent.service.supervisor import READER_CHILD

    if sys.argv[1:] == [READER_CHILD]:
        from agent.service import reader

        return reader.main()
    from agent.cli import main

    main()
    return 0


if __name__ == "__main__":
    sys.exit(start())
