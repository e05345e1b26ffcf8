"""`fieldgate receiver`: the OEM's side on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from agent.cli.out import say, say_json, tell

if TYPE_CHECKING:
    from agent.receiver.house import ReceiverHouse

_DIR = typer.Option(Path("fieldgate-receiver"), "--dir", help="the receiver's folder")
_JSON = typer.Option(False, "--json", help="one JSON object instead of text")


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="The OEM's side: take batches, give receipts, verify.")
    group.command("run")(run)
    group.command("enroll-token")(enroll_token)
    group.command("status")(status)
    group.command("verify")(verify)
    group.command("sample")(sample)
    group.command("sign-request")(sign_request)
    group.command("rotate-key")(rotate_key)
    group.command("land")(land)
    app.add_typer(group, name="receiver")


def run(
    dir: Path = _DIR,
    port: int = typer.Option(0, "--port", min=0, max=65535, help="0 takes a free one"),
    host: str = typer.Option("127.0.0.1", "--host", help="the address to listen on"),
    name: str = typer.Option("", "--name", help="the recipient id it answers to; fixed on first use"),
    json: bool = _JSON,
) -> None:
    """Serve the receiver over HTTPS until Ctrl-C."""
    import sys

    from agent.receiver.serve import serve

    def ready(url: str, ca_file: Path) -> None:
        if json:
            say_json({"url": url, "ca": str(ca_file), "portal": f"{url}/portal"})
            sys.stdout.flush()
            return
        say(f"LISTENING   {url}")
        say(f"  CA for agent.yaml   ca: {ca_file}")
        say(f"  customers' portal   {url}/portal")
        say(f"Next: fieldgate receiver enroll-token --dir {dir} --dealer-code CODE")
        sys.stdout.flush()  # whoever started it by a pipe waits for this

    serve(dir, host, port, name=name or None, ready=ready)


def enroll_token(
    dir: Path = _DIR,
    dealer_code: str = typer.Option(..., "--dealer-code", help="as the OEM writes it, such as EX1234"),
    json: bool = _JSON,
) -> None:
    """Make a one-time token that enrolls one dealer's key. It works once, for 14 days."""
    from agent.receiver.enroll import enroll_token as make

    token = make(dir, dealer_code)
    if json:
        say_json({"token": token, "dealer_code": dealer_code, "days": 14})
        return
    say(token)
    say(f"  for dealer {dealer_code}, works once, for 14 days; it is not shown again")
    say("Next: the dealer runs  fieldgate keys enroll")


def status(dir: Path = _DIR, json: bool = _JSON) -> None:
    """What the receiver holds: streams, records, open gaps."""
    from agent.receiver import holdings

    house = _existing(dir)
    try:
        streams, counts, gaps = holdings.streams(house), holdings.counts(house), holdings.gaps(house)
        keys, name, silent = holdings.keys(house), house.name, holdings.silent(house)
    finally:
        house.close()
    if json:
        from dataclasses import asdict

        say_json(
            {
                "receiver": name,
                "streams": [asdict(stream) for stream in streams],
                "counts": [asdict(count) for count in counts],
                "gaps": [asdict(gap) for gap in gaps],
                "silent": [stream.stream_id for stream in silent],
                "keys": [asdict(key) for key in keys],
            }
        )
        return
    say(f"{name}   {len(keys)} keys enrolled   {len(streams)} streams")
    for stream in streams:
        say(f"  store {stream.store} {stream.dealer_code}  {stream.policy_name} v{stream.policy_version}")
        say(f"    stream {stream.stream_id}   taken to {stream.epoch}/{stream.seq}")
        for count in (c for c in counts if c.stream_id == stream.stream_id):
            say(f"    {count.dataset:<24} {count.records:>9,} records  {count.suppressed:>7,} suppressed")
    for gap in gaps:
        say(f"  GAP   {gap.stream_id}: waiting for {gap.epoch}/{gap.expected_seq}, was offered {gap.got_seq}")
    for stream in silent:
        say(f"  SILENT   {stream.stream_id} of {stream.dealer_code}: last heard {stream.heard_at}")
    if gaps:
        say("Next: call the dealer before the next batch")
    elif silent:
        say("Next: call the dealer: an agent that runs says once a day that it is alive")
    else:
        say(
            "Next: nothing to do."
            if streams
            else f"Next: fieldgate receiver enroll-token --dir {dir} --dealer-code CODE"
        )


def verify(
    path: Path = typer.Argument(..., help="a receiver's folder, or a folder recipient's files"),
    keys: Path | None = typer.Option(None, "--keys", help="the dealer's public keys (JWKS); default PATH/keys.json"),
    json: bool = _JSON,
) -> None:
    """Compute every signature, digest, root and count again."""
    from agent.receiver.house import is_house
    from agent.receiver.verify import read_keys, verify_all, verify_folder

    if is_house(path):
        house = _existing(path)
        try:
            found = verify_all(house)
        finally:
            house.close()
    else:
        found = verify_folder(_folder(path), read_keys(keys or path / "keys.json"))
    if json:
        from dataclasses import asdict

        say_json({"ok": found.ok, **asdict(found)})
    else:
        say(f"{'OK' if found.ok else 'BROKEN'}   {found.batches:,} batches   {found.lines:,} lines")
        for problem in found.problems:
            say(f"  {problem}")
        if found.problem_count > len(found.problems):
            say(f"  ... and {found.problem_count - len(found.problems):,} more")
        if not found.ok:
            say("Next: keep the files as they are and call the dealer.")
        elif keys is None and not is_house(path):
            tell("  The keys stood beside the files: compare their ids with the dealer's before you rely on this.")
    raise SystemExit(0 if found.ok else 1)


def land(
    to: str = typer.Option("", "--to", help="where, as libpq reads it, such as 'host=crm dbname=dealers'; no password"),
    dir: Path = _DIR,
    json: bool = _JSON,
) -> None:
    """Land what is new into PostgreSQL: records, suppressions, and the append-only log they come from."""
    from agent.receiver.postgresql import follow

    house = _existing(dir)
    try:
        done = follow(house, to)
    finally:
        house.close()
    if json:
        say_json({"operations": done.operations, "through": done.through})
        return
    say(f"LANDED   {done.operations:,} operations, through number {done.through:,}")
    say("Next: run it again when more has come; it goes on from there")


def rotate_key(dir: Path = _DIR, json: bool = _JSON) -> None:
    """A new key for receipts; the old one states that it follows, and dealers' agents go by that alone."""
    house = _existing(dir)
    try:
        old, name = house.kid, house.name
        house.rotate_key()
        new = house.kid
    finally:
        house.close()
    if json:
        say_json({"receiver": name, "kid": new, "old_kid": old})
        return
    say(f"ROTATED   {name} signs receipts with {new}")
    say(f"  the old one, {old}, vouched for it and is gone from this folder")
    tell("Next: start `fieldgate receiver run` again, if it is running; agents follow by themselves")


def sign_request(
    file: Path = typer.Argument(..., exists=True, dir_okay=False, help="NAME.request.yaml, as dealers will get it"),
    dir: Path = _DIR,
    json: bool = _JSON,
) -> None:
    """Sign a request for fields with the key that signs receipts, so that dealers know who asks."""
    from agent.cli.request_origin import read_signed
    from agent.core.policy.origin import sign_request as signed
    from agent.core.text import shown
    from agent.errors import PolicyError
    from agent.receiver.files import write_file

    request, _ = read_signed(file)
    house = _existing(dir)
    try:
        if request.recipient != house.name:
            raise PolicyError(
                "A038",
                f"the request is {shown(request.recipient)}'s, and this receiver answers to {shown(house.name)}",
                "correct `recipient:` in the request, or name the other receiver's folder with --dir",
                exit_status=1,
                who="the OEM",
            )
        write_file(file.with_suffix(".sig"), signed(request, house.jwk, house.sign, house.clock()), mode=0o644)
        kid = house.kid
    finally:
        house.close()
    if json:
        say_json({"request": request.cited_as, "sha256": request.sha256, "kid": kid, "file": file.with_suffix(".sig")})
        return
    say(f"SIGNED   {request.cited_as}, in {shown(str(file.with_suffix('.sig')))}")
    say(f"  {request.sha256}")
    say(f"  with key {kid}")
    say("Next: send both files to the dealers; read them the key id when they ask")


def sample(
    out: Path = typer.Option(Path("fieldgate-sample"), "--out", help="a new folder"),
    dealers: int = typer.Option(3, "--dealers", min=1, max=1000),
    days: int = typer.Option(5, "--days", min=1, max=366),
    name: str = typer.Option("example-motors-na", "--name", help="your recipient id"),
    json: bool = _JSON,
) -> None:
    """Good and evil batches with the verdicts to expect: start without a dealership."""
    from collections import Counter

    from agent.cli.server import now
    from agent.receiver.sample import write_sample

    cases = write_sample(out, dealers, days, name, now())
    counts = Counter(case.expect for case in cases)
    if json:
        say_json({"folder": str(out), "batches": len(cases), "expected": dict(counts)})
        return
    say(f"WRITTEN   {len(cases)} batches of {dealers} made-up dealers into {out}")
    for expect, count in sorted(counts.items()):
        say(f"  {count:>6,}  {expect}")
    tell(
        f"Next: enroll the keys in {out}/keys.json, take the batches in the order of {out}/expected.json, and compare"
        " your verdicts with it."
    )


def _existing(folder: Path) -> ReceiverHouse:
    from agent.errors import ConfigError
    from agent.receiver.house import is_house, open_house

    if not is_house(folder):
        raise ConfigError("RC021", "there is no receiver in this folder", "Name its folder, or start one: receiver run")
    return open_house(folder)


def _folder(path: Path) -> Path:
    from agent.errors import ConfigError

    if not path.is_dir():
        raise ConfigError("RC022", "there is no such folder", "Name a receiver's folder or a folder recipient's")
    return path
