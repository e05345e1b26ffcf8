"""What the documents promise: every link leads to a file, every `fieldgate ...` command and option exists, and no
tracked file names a machine's own paths or a package registry. Prints each wrong place; exit 1 if there is one.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import typer

ROOT = Path(__file__).parent.parent
MADE = {"__pycache__", "build", "dist", "fieldgate-demo"}
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|^\[[^\]]+\]:\s+(\S+)", re.MULTILINE)
FENCE = re.compile(r"^(```+|~~~+)[^\n]*\n(.*?)^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`(fieldgate [^`\n]+)`")
LINE = re.compile(r"^\s*(?:\$ |\.venv/bin/|# )?(fieldgate [a-z][^\n]*)")
# In pieces, so that this file does not name what it looks for.
HOSTS = ["py" + "pi.org", "python" + "hosted.org", "registry.npm" + "js.org", "deb.deb" + "ian.org", "crates" + ".io"]
PATHS = ["/ro" + "ot/", "/wo" + "rk/", "/tmp/" + "fg"]
FOREIGN = re.compile("|".join([re.escape(h) for h in HOSTS] + [rf"(?<![\w.$}}]){re.escape(p)}" for p in PATHS]))


def tracked() -> list[Path]:
    """The files of the repository; where there is no git, or no repository, all that is not hidden or made."""
    git = shutil.which("git")
    if git:
        listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
        if listed.returncode == 0:
            return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
    files = (p for p in ROOT.rglob("*") if p.is_file())
    return [p for p in files if not any(part[0] == "." or part in MADE for part in p.relative_to(ROOT).parts)]


def links(file: Path, text: str) -> Iterator[str]:
    for match in LINK.finditer(FENCE.sub(lambda m: "\n" * m.group().count("\n"), text)):
        target = (match[1] or match[2]).split("#")[0]
        if target and "://" not in target and not target.startswith("mailto:") and not (file.parent / target).exists():
            yield f"{_place(file, text, match.start())}: no such file: {target}"


def commands(file: Path, text: str, program: click.Command) -> Iterator[str]:
    said = [(m.start(), m[1]) for m in CODE.finditer(text)]
    for block in FENCE.finditer(text):
        start = block.start(2)
        for line in block[2].splitlines(keepends=True):
            if found := LINE.match(line):
                said.append((start, found[1]))
            start += len(line)
    for start, command in said:
        for problem in judge(command, program):
            yield f"{_place(file, text, start)}: `{command.strip()}`: {problem}"


def judge(said: str, program: click.Command) -> Iterator[str]:
    """Follow the words down the tree of commands. `pause|resume` means both; [ ], < > and $( ) are skipped."""
    said = re.split(r"\s+(?:#|\||&&|>|2>)\s*|   +", said)[0]
    try:
        words = shlex.split(re.sub(r"\[[^\]]*\]|<[^>]*>|\$\([^)]*\)", "", said))[1:]
    except ValueError:
        words = said.split()[1:]
    here = [program]
    for word in words:
        if word == "COMMAND" or word in ("...", "…"):
            return
        if word == "--":  # what follows is a command of its own
            here = [program]
            continue
        groups = [c for c in here if hasattr(c, "commands")]  # typer brings a click of its own: ask for what it can
        if word.startswith("-"):
            option = word.split("=")[0]
            if option != "--help" and not any(option in (*p.opts, *p.secondary_opts) for c in here for p in c.params):
                yield f"no option {option}"
        elif groups:
            below = [group.commands.get(name) for group in groups for name in word.split("|")]
            if any(command is None for command in below):
                yield f"no command {word}"
                return
            here = [command for command in below if command]


def foreign(file: Path, text: str) -> Iterator[str]:
    for match in FOREIGN.finditer(text):
        yield f"{_place(file, text, match.start())}: a machine's path or a registry's host: {match.group()}"


def _place(file: Path, text: str, start: int) -> str:
    return f"{file.relative_to(ROOT)}:{text.count(chr(10), 0, start) + 1}"


def main() -> int:
    from agent.cli import app

    program = typer.main.get_command(app)
    wrong: list[str] = []
    documents = 0
    for file in tracked():
        try:
            text = file.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        wrong += foreign(file, text)
        if file.suffix == ".md":
            documents += 1
            wrong += links(file, text)
            wrong += commands(file, text, program)
    for line in wrong:
        print(line)
    print(f"{documents} documents, {len(wrong)} problems")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
