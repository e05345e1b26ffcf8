"""`policy test`: the examples of a policy, run through the code that runs at night; no agent, state or network."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.out import say, say_json

if TYPE_CHECKING:
    from agent.core.policy.examples import Examples
    from agent.core.policy.reader import Draft
    from agent.tasks.examples import Coverage, Exam, Mutation, Verdict

_FOLDER = Path("field_policies")


def register(policy_app: typer.Typer) -> None:
    policy_app.command("test")(test)


def test(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", exists=True, dir_okay=False, help="Policies; else all of this folder."),
    ] = None,
    mutate: Annotated[
        bool, typer.Option("--mutate", help="Change one thing of the policy at a time; an example must notice.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """Run the examples in tests/ beside a policy: a row in; the record, or the reason it stays, out."""
    from agent.tasks.examples import coverage, mutation, run_examples

    told: list[dict[str, Any]] = []
    failed = False
    for file in files or _all():
        papers = _papers(file)
        verdicts = tuple(verdict for paper in papers for verdict in run_examples(paper[1]))
        passed = bool(verdicts) and all(verdict.passed for verdict in verdicts)
        whole = _joined(papers)
        covered = coverage(whole) if whole else None
        changed = mutation(whole) if mutate and passed and whole else None
        failed = failed or not passed or bool(changed and changed.survivors)
        if as_json:
            told.append(_as_json(file, verdicts, covered, changed))
        else:
            _say(file, papers, verdicts)
            _say_sums(covered, changed)
    if as_json:
        say_json({"ok": not failed, "policies": told})
    raise typer.Exit(1 if failed else 0)


def _all() -> list[Path]:
    folder = _FOLDER if _FOLDER.is_dir() else Path()
    found = [path for path in sorted(folder.glob("*.yaml")) if _is_policy(path)]
    if not found:
        raise typer.BadParameter("there is no policy in this folder; name one")
    return found


def _is_policy(path: Path) -> bool:
    """Other lists may lie beside policies; a file somebody names is read whatever it is."""
    with path.open("rb") as opened:
        return any(line.startswith(b"policy:") for line in opened.read(64 * 1024).splitlines())


def _papers(file: Path) -> list[tuple[Examples, Exam]]:
    """The files of examples in tests/ beside the policy that name it, each ready to be run."""
    from agent.cli.policy_files import draft_of, refuse
    from agent.core.policy.examples import check_examples, read_examples
    from agent.tasks.examples import exam

    draft: Draft = draft_of(file, as_json=False)
    found = []
    for path in sorted((file.parent / "tests").glob("*.yaml")):
        data = path.read_bytes()
        read = read_examples(data, path.name)
        if isinstance(read, tuple):
            refuse(path, data, read)
        elif read.policy == draft.name:
            problems = check_examples(read, data, draft.document)
            if problems:
                refuse(path, data, problems)
            found.append((read, exam(draft, read.examples, read.today)))
    return found


def _joined(papers: list[tuple[Examples, Exam]]) -> Exam | None:
    """All examples of a policy as one paper; they hold on the day of the first file."""
    from agent.tasks.examples import exam

    if not papers:
        return None
    examples = tuple(example for _, paper in papers for example in paper.examples)
    return exam(papers[0][1].draft, examples, papers[0][1].trial.today)


def _say(file: Path, papers: list[tuple[Examples, Exam]], verdicts: tuple[Verdict, ...]) -> None:
    from agent.core.text import shown

    failures = [verdict for verdict in verdicts if not verdict.passed]
    for verdict in verdicts:
        title = shown(verdict.example.title, 66)
        say(f"  {'PASS' if verdict.passed else 'FAIL'}  {title}")
        if not verdict.passed:
            _wrap("        ", f"line {verdict.example.line}: {shown(verdict.difference, 400)}")
            if verdict.decided_by:
                _wrap("        decided in the policy by ", verdict.decided_by)
    names = ", ".join(f"tests/{shown(read.file)}" for read, _ in papers)
    if not verdicts:
        _wrap("FAIL   ", f"{shown(file.name)}: no examples.   Next: write tests/{shown(file.name)}")
    elif failures:
        _wrap("FAIL   ", f"{shown(file.name)}: {len(failures)} of {len(verdicts)} examples differ, in {names}")
    else:
        _wrap("PASS   ", f"{shown(file.name)}: {len(verdicts)} examples, in {names}")


def _say_sums(covered: Coverage | None, changed: Mutation | None) -> None:
    if covered is not None:
        rows = (
            ("fields are sent by an example", covered.fields, covered.fields_unseen),
            ("conditions keep an example out", covered.filters, covered.filters_unseen),
            ("choice codes stand in an example", covered.codes, covered.codes_unseen),
        )
        for what, all_, unseen in rows:
            say(f"  {all_ - len(unseen):>3} of {all_:>3} {what}")
            if unseen:
                _wrap("               not: ", ", ".join(unseen))
    if changed is not None:
        noticed = changed.made - len(changed.survivors)
        say(f"  {noticed:>3} of {changed.made:>3} small changes of the policy are noticed by an example")
        for what in changed.survivors:
            _wrap("        NOT NOTICED  ", what)


def _wrap(head: str, text: str) -> None:
    for number, line in enumerate(textwrap.wrap(text, 80 - len(head)) or [""]):
        say((head if number == 0 else " " * len(head)) + line)


def _as_json(
    file: Path, verdicts: tuple[Verdict, ...], covered: Coverage | None, changed: Mutation | None
) -> dict[str, Any]:
    from dataclasses import asdict

    examples = [
        {
            "title": v.example.title,
            "line": v.example.line,
            "passed": v.passed,
            "difference": v.difference,
            "decided_by": v.decided_by,
        }
        for v in verdicts
    ]
    return {
        "file": str(file),
        "examples": examples,
        "coverage": asdict(covered) if covered else None,
        "mutation": asdict(changed) if changed else None,
    }
