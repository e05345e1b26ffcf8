"""On the way to the DMS: off this machine a certificate is verified unless agent.yaml says otherwise, in words."""

from __future__ import annotations

import datetime as dt
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.core.source import SourceSettings
from agent.demo.engine import Engine
from agent.dms.odbc import connect, connection_string, encryption
from agent.errors import ConfigError, SourceError
from agent.receiver.certificates import tls_files

WORDS = {
    "postgresql": {"verify": "SSLmode=verify-full", "unverified": "SSLmode=require", "plain_text": "SSLmode=prefer"},
    "mariadb": {"verify": "FORCETLS=1;SSLVERIFY=1", "unverified": "FORCETLS=1;SSLVERIFY=0", "plain_text": "OPTION"},
    "sqlserver": {
        "verify": "Encrypt=yes;TrustServerCertificate=no",
        "unverified": "Encrypt=yes;TrustServerCertificate=yes",
        "plain_text": "Encrypt=no",
    },
}


@pytest.mark.parametrize("dialect", WORDS)
def test_each_engine_says_it_its_own_way_and_verifies_by_default(dialect: str) -> None:
    away = SourceSettings("dms", "D", dialect, server="dms01", user="u", ca="/ca.pem")  # type: ignore[arg-type]
    for encrypt, words in WORDS[dialect].items():
        assert words in connection_string(replace(away, encrypt=encrypt), "p")  # type: ignore[arg-type]
    assert connection_string(away, "p") == connection_string(replace(away, encrypt="verify"), "p")
    assert ("/ca.pem" in connection_string(away, "p")) == (dialect != "sqlserver")
    assert encryption(replace(away, server="127.0.0.1")) == "plain_text"
    assert encryption(replace(away, server="127.0.0.1.evil.example")) == "verify"


@pytest.mark.parametrize("ca", ["/a;UID=x", "/a} sslmode=disable", "/a b", "/a'"])
def test_a_path_of_certificates_cannot_add_a_keyword(ca: str) -> None:
    with pytest.raises(ConfigError, match="connection_value"):
        connection_string(SourceSettings("dms", "D", "postgresql", server="dms01", user="u", ca=ca), "p")


@pytest.fixture
def with_tls(postgresql: Engine, tmp_path: Path) -> Iterator[tuple[Engine, Path]]:
    """The private server with a certificate of our own."""
    room = postgresql._server.room  # type: ignore[attr-defined]
    made = tls_files(tmp_path, dt.datetime.now(dt.UTC))
    places = {"ssl_cert_file": made.certificate, "ssl_key_file": made.key}
    for name, source in places.items():
        target = room.folder / "data" / f"{name}.pem"
        shutil.copyfile(source, target)
        target.chmod(0o600)
        room.own(target)
        postgresql.admin(f"ALTER SYSTEM SET {name} = '{name}.pem'")
    postgresql.admin("ALTER SYSTEM SET ssl = on")
    reloaded(postgresql, "on")
    yield postgresql, made.ca
    postgresql.admin("ALTER SYSTEM RESET ALL")
    reloaded(postgresql, "off")


def reloaded(engine: Engine, ssl: str) -> None:
    """A server does it in its own time, and new sessions are as it was when they began."""
    engine.admin("SELECT pg_reload_conf()")
    until = time.monotonic() + 60
    while engine.admin("SHOW ssl") != [(ssl,)]:
        assert time.monotonic() < until, "it was not read again"
        time.sleep(0.02)


def encrypted(engine: Engine, settings: SourceSettings) -> str:
    with connect(settings, engine.password) as connection:
        [(on,)] = connection.rows("SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()")
    return str(on)


def test_a_real_server_is_verified_and_another_authority_is_refused(
    with_tls: tuple[Engine, Path], tmp_path: Path
) -> None:
    engine, ca = with_tls
    verified = replace(engine.settings, encrypt="verify", ca=str(ca))
    assert encrypted(engine, verified) in ("1", "True")
    assert encrypted(engine, replace(engine.settings, encrypt="unverified")) in ("1", "True")
    (tmp_path / "other").mkdir()
    other = tls_files(tmp_path / "other", dt.datetime.now(dt.UTC)).ca
    with pytest.raises(SourceError):
        connect(replace(verified, ca=str(other)), engine.password)


def test_a_server_without_encryption_is_refused_where_it_is_asked_for(postgresql: Engine) -> None:
    assert encrypted(postgresql, postgresql.settings) in ("0", "False")
    for encrypt in ("verify", "unverified"):
        with pytest.raises(SourceError):
            connect(replace(postgresql.settings, encrypt=encrypt), postgresql.password)  # type: ignore[arg-type]
