"""What Windows says of its proxy for services, read right."""

from __future__ import annotations

import sys

import pytest

from agent.tasks.system_proxy import https_proxy_of, winhttp_proxy


@pytest.mark.parametrize(
    ("setting", "proxy"),
    [
        ("proxy.dealer.example:8080", "proxy.dealer.example:8080"),
        ("http=one:80;https=two:81", "two:81"),
        ("http=one:80 https=http://two:81/", "two:81"),
        ("http=one:80", ""),  # none for https
        ("", ""),
    ],
)
def test_the_proxy_of_https(setting: str, proxy: str) -> None:
    assert https_proxy_of(setting) == proxy


@pytest.mark.skipif(sys.platform == "win32", reason="Windows is asked there")
def test_no_other_system_has_one() -> None:
    assert winhttp_proxy() == ""
