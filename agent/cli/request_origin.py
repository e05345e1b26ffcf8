"""Who wrote a request: read with its signature where one lies beside it, and `request pin`, which keeps the key of a
recipient after somebody has compared it, on the phone or with what the server pinned at enrollment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import say, say_json
from agent.cli.server import DEFAULT, Config

if TYPE_CHECKING:
    from agent.core.jws import JWK
    from agent.core.policy.origin import Origin
    from agent.core.policy.reader import Draft
    from agent.core.policy.request import Request

_SIGNATURE_MAX = 16 * 1024 + 1


def register(request_app: typer.Typer) -> None:
    request_app.command("pin")(pin)


def read_signed(file: Path) -> tuple[Request, Origin]:
    """The request, and whose word it is. A signature that does not hold refuses it."""
    from agent.cli.policy_files import read_bytes, refuse
    from agent.core.policy.origin import origin_of, read_keys
    from agent.core.policy.request import read_request

    data = read_bytes(file)
    found = read_request(data, file.name)
    if isinstance(found, tuple):
        refuse(file, data, found)
    keys = keys_path(file, found.recipient)
    pinned = read_keys(_some(keys), found.recipient) if keys.is_file() else {}
    signature = file.with_suffix(".sig")
    return found, origin_of(found, _some(signature) if signature.is_file() else None, pinned)


def request_of(draft: Draft, file: Path) -> Request | None:
    """The request a policy answers, where its file lies in requests/ beside the policy; a wrong signature refuses."""
    if draft.document.answers is None:
        return None
    path = file.parent / "requests" / f"{draft.document.answers.replace('/', '.')}.request.yaml"
    return read_signed(path)[0] if path.is_file() else None


def keys_path(file: Path, recipient: str) -> Path:
    """What is pinned of a recipient stands beside its requests."""
    return file.with_name(f"{recipient}.key.json")


def say_origin(origin: Origin, file: Path) -> None:
    from agent.core.text import shown

    if origin.standing == "signed":
        say(f"SIGNED     by the recipient, on {origin.signed_at:%Y-%m-%d}; its key is pinned here")
    elif origin.standing == "unknown_key":
        say("NOT KNOWN  signed, but nobody here has pinned the key it was signed with")
        say(f"           {origin.kid}")
        say("           compare it on the phone, then:")
        say(f"             fieldgate request pin {shown(file.name, 50)}")
    else:
        say("UNSIGNED   nothing shows that the recipient wrote this")


def origin_json(origin: Origin) -> dict[str, object]:
    return {"standing": origin.standing, "kid": origin.kid, "signed_at": origin.signed_at}


def pin(
    file: Annotated[
        Path, typer.Argument(metavar="REQUEST", exists=True, dir_okay=False, readable=True, help="A signed request.")
    ],
    enrolled: Annotated[
        bool, typer.Option("--enrolled", help="On the server: the keys pinned at enrollment, not the one beside it.")
    ] = False,
    config: Config = DEFAULT,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """Keep the recipient's key, so that its next requests are known to be its own. Compare it on the phone first."""
    from agent.cli import officer_desk
    from agent.core.policy.origin import keys_file
    from agent.core.text import shown
    from agent.errors import PolicyError
    from agent.keys import durable

    request, _ = read_signed(file)
    keys = _enrolled(config, request.recipient) if enrolled else _beside(file)
    if not as_json:
        say(f"{request.recipient} signs with")
        for kid in keys:
            say(f"  {kid}")
    if not enrolled:
        officer_desk.must_agree("Did somebody you know there read this key id to you?", yes=yes)
    out = keys_path(file, request.recipient)
    try:
        durable.write_new(out, keys_file(request.recipient, keys.values()))
    except FileExistsError:
        raise PolicyError(
            "A033",
            f"{shown(str(out))} exists already: another key is pinned",
            "remove it first, if the recipient has told you that its key has changed",
            exit_status=1,
        ) from None
    if as_json:
        say_json({"recipient": request.recipient, "kids": sorted(keys), "file": out})
        return
    say(f"PINNED   in {shown(str(out))}")
    say(f"Next: fieldgate request show {shown(str(file))}")


def _beside(file: Path) -> dict[str, JWK]:
    from agent.core.policy.origin import key_of
    from agent.core.text import shown
    from agent.errors import PolicyError

    path = file.with_suffix(".sig")
    if not path.is_file():
        raise PolicyError(
            "A037",
            f"{shown(path.name)} is not there: this request is not signed, so there is no key to pin",
            "ask the recipient to sign it: fieldgate receiver sign-request FILE; or use --enrolled on the server",
            exit_status=1,
        )
    kid, jwk = key_of(_some(path))
    return {kid: jwk}


def _enrolled(config: Path, recipient: str) -> dict[str, JWK]:
    from agent.cli.server import desk
    from agent.core.text import shown
    from agent.errors import PolicyError
    from agent.state import streams

    with desk(config) as opened, opened.state.reading() as tx:
        known = streams.enrollment(tx, recipient)
    if known is None:
        raise PolicyError(
            "A037",
            f"this agent is not enrolled with {shown(recipient)}, so it has pinned no key",
            "fieldgate keys enroll",
            exit_status=1,
            who="dealer IT",
        )
    return dict(known.jwks)


def _some(path: Path) -> bytes:
    from agent.core.text import shown
    from agent.errors import PolicyError

    try:
        with path.open("rb") as opened:
            return opened.read(_SIGNATURE_MAX)
    except OSError:
        raise PolicyError(
            "K052", f"{shown(str(path))} cannot be read", "look at its name and folder", exit_status=1
        ) from None
