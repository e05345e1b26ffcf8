"""With a Windows sign-in SQL Server sees the computer or the service, and the DBA is told which."""

from __future__ import annotations

import pytest

from agent.core.source import SourceSettings
from agent.dms.odbc import only_32_bit
from agent.dms.windows_sign_in import account_seen, explanation, signs_in


def source(server: str, user: str = "", dialect: str = "sqlserver") -> SourceSettings:
    return SourceSettings(name="dms", driver="d", dialect=dialect, server=server, user=user)  # type: ignore[arg-type]


@pytest.mark.parametrize("server", [".", "(local)", "localhost", r".\SQLEXPRESS", r"srv01.dealer.example\DMS,1433"])
def test_on_the_same_machine_it_is_the_services_own_account(server: str) -> None:
    assert account_seen(source(server), "srv01.dealer.example") == r"NT SERVICE\fieldgate"


@pytest.mark.parametrize("server", ["dms01", r"tcp:dms01\DMS", "10.0.0.5,1433"])
def test_over_the_network_it_is_the_computers_account(server: str) -> None:
    assert account_seen(source(server), "srv01.dealer.example") == r"YOURDOMAIN\SRV01$"


def test_only_sql_server_without_a_user_signs_in_so() -> None:
    assert signs_in(source("dms01"))
    assert not signs_in(source("dms01", user="fieldgate_ro"))
    assert not signs_in(source("dms01", dialect="postgresql"))
    assert "CREATE LOGIN [X$] FROM WINDOWS" in explanation("X$")[1]


def test_a_32_bit_driver_is_named_with_what_to_do() -> None:
    wrong, do = only_32_bit("DMS Vendor Driver")
    assert "`DMS Vendor Driver`" in wrong
    assert "64-bit" in do
