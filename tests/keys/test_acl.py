"""Who else could read a file on Windows: judged from the list as text, and whoever is not known is a stranger."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.keys.acl import ADMINISTRATORS, EVERYBODY, SYSTEM, narrow, service_sid, strangers

ME = "S-1-5-21-1-2-3-1001"
SERVICE = service_sid("fieldgate")
OWN = (ME, SERVICE)


def test_the_services_sid_follows_from_its_name() -> None:
    # as Windows itself prints them: sc.exe showsid TrustedInstaller, sc.exe showsid W32Time
    assert service_sid("TrustedInstaller") == "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
    assert service_sid("w32time") == service_sid("W32Time")


@pytest.mark.parametrize("folder", [True, False])
def test_what_we_make_narrow_is_found_narrow(folder: bool) -> None:
    assert strangers(f"O:{ME}" + narrow(OWN, folder=folder), OWN) == []
    assert strangers("O:BAG:SYD:PAI(A;OICI;FA;;;SY)(A;OICIIO;GA;;;CO)(A;;FA;;;BA)", OWN) == []


@pytest.mark.parametrize(
    ("sddl", "who"),
    [
        ("O:BAD:P(A;;FA;;;SY)(A;;FR;;;WD)", ["WD"]),  # everyone may read
        ("O:BAD:AI(A;ID;FA;;;SY)(A;ID;0x1200a9;;;BU)", ["BU"]),  # inherited from ProgramData
        (f"O:S-1-5-21-1-2-3-1002D:P(A;;FA;;;{ME})", ["S-1-5-21-1-2-3-1002"]),  # an owner may change the list
        ("O:BAD:P(A;;FA;;;CO)", ["CO"]),
        ("O:BAD:P(D;;FA;;;WD)(A;;FR;;;AU)", ["AU"]),
        ("O:BAD:NO_ACCESS_CONTROL", [EVERYBODY]),
        ("O:BA", [EVERYBODY]),  # no list at all
        ("D:P(A;;FA;;;SY)", ["nobody known as its owner"]),
        ('O:BAD:P(XA;;FX;;;WD;(@User.Title=="PM"))', [EVERYBODY]),  # conditions are not read
        ("", [EVERYBODY]),
        ("O:BAD:()", [EVERYBODY]),  # entries that are none
        ("O:BAD:(A)", [EVERYBODY]),
        ("O:BAD:P(A;;FA;;;SY)(A;;FA;;;BA;)", [EVERYBODY]),
    ],
)
def test_a_list_that_lets_a_stranger_in_is_told_with_who(sddl: str, who: list[str]) -> None:
    assert strangers(sddl, OWN) == who


@example("D:()")
@given(st.text(alphabet="ODGSPAI:;()WBUYCF-0151x", max_size=60))
def test_no_text_is_read_as_narrow_by_mistake(text: str) -> None:
    """A naive reader: where an account other than ours is allowed in the text, ours must say so."""
    said = strangers(text, OWN)
    known = {"SY", "BA", SYSTEM, ADMINISTRATORS, *OWN}
    allowed = {part.split(";")[-1] for part in text.split("(") if part.startswith("A;")}
    if {account.removesuffix(")") for account in allowed} - known and not said:
        assert "CO" in text or "OW" in text
