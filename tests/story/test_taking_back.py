"""A field that should not have left is held, counted, asked back and acknowledged; and the pages that tell of it."""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.errors import ConfigError
from agent.pipeline import deliver_once
from agent.tasks import enroll
from agent.tasks.incident import Incident, close_incident, counsel_page, incidents, open_incident
from agent.tasks.report_kpi import kpi
from agent.tasks.reports import JURISDICTIONS, as_html, blast_radius, lines, processing, recipients
from tests.story.test_choices_of_two_houses import later
from tests.story.test_lost_answers import Unlucky
from tests.story.world import OEM, World, world

TODAY = dt.date(2026, 11, 22)


@pytest.fixture
def dealership(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, customers=16) as made:
        made.approve()
        made.enroll()
        made.run()
        yield made


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Nothing but looked at."""
    with world(tmp_path_factory.mktemp("house"), customers=16) as made:
        made.approve()
        made.enroll()
        made.run()
        yield made


def holders(made: World, field: str) -> set[tuple[str, str, str]]:
    return {key for key, one in made.landed().items() if key[1] == "customers" and field in one.fields}


def test_an_incident_holds_counts_asks_back_and_is_acknowledged(dealership: World) -> None:
    carried = {key for key in dealership.landed() if key[1] == "customers"}
    assert holders(dealership, "language")
    dealership.sql(f"UPDATE {dealership.table('CUSTOMER')} SET \"FIRST_NAME\" = 'Chris'")
    dealership.extract()  # the field waits in bodies too
    found = open_incident(dealership.desk, "customers.language", TODAY)
    assert (found.records, found.people, found.accepted) == (len(carried), len(carried), 0)
    assert found.clock_ends_on == "2026-12-22"
    before = len(dealership.lines())
    dealership.deliver()
    assert {op for _, _, op, d, _ in dealership.lines()[before:] if d == "customers"} == {"retract"}
    assert not carried & set(dealership.landed())
    [found] = incidents(dealership.desk)
    assert found.accepted == len(carried)

    dealership.run()
    assert carried <= set(dealership.usable()), "the rest of these records may be sent again, and used"
    assert holders(dealership, "language") == set(), "and the field is held"
    later(dealership, days=1)
    page = counsel_page(found, "2026-11-23")
    for words in (f"{len(carried)} people: below the 500", "2026-12-22", "Not confirmed by counsel", OEM):
        assert words in page
    again = open_incident(dealership.desk, "customers.language", dt.date(2026, 11, 23))
    assert again.records == 0, "what left after the hold did not carry it"
    closed = close_incident(dealership.desk, found.incident_id, "counsel, 23 Nov")
    assert closed.closed_at
    assert holders(dealership, "language") == set()


@pytest.mark.parametrize("lost", ["request", pytest.param("answer", marks=pytest.mark.long)])
def test_a_batch_on_its_way_with_the_field_in_it_is_withdrawn_or_deleted(dealership: World, lost: str) -> None:
    """Announced, and its answer lost: whether it arrived or not, the OEM holds no record with the field in the end, and
    may use all of them without it."""
    carried = {key for key in dealership.landed() if key[1] == "customers"}
    dealership.sql(f"UPDATE {dealership.table('CUSTOMER')} SET \"FIRST_NAME\" = 'Chris'")
    dealership.extract()
    real = enroll.connect(dealership.desk, OEM)
    with contextlib.closing(real):
        deliver_once(dealership.desk, lambda _: Unlucky(real, lambda _: lost))
    found = open_incident(dealership.desk, "customers.language", TODAY)
    assert found.people == len(carried)
    later(dealership, days=1)
    dealership.deliver()
    dealership.run()
    [found] = incidents(dealership.desk)
    assert found.accepted == found.records
    assert holders(dealership, "language") == set()
    usable = dealership.usable()
    assert {usable[key].get("given_name") for key in carried} == {"Chris"}
    dealership.check_house()


def test_the_sheet_says_where_the_reporting_rule_begins(reported: World) -> None:
    found = Incident("incident-1", "customers.note", "2026-11-01", "2026-11-22T09:00:00Z", None, 499, 700, "2026-12-22",
                     (), 0, ())  # fmt: skip
    assert "499 people: below the 500 of the reporting rule" in counsel_page(found, "2026-11-22")
    assert "500 people: at or above the 500 of the" in counsel_page(replace(found, people=500), "2026-11-22")


@pytest.mark.parametrize("field", ["customers.apr", "nothing.language", "language"])
def test_a_field_that_never_left_is_no_incident(reported: World, field: str) -> None:
    with pytest.raises(ConfigError, check=lambda e: e.code == "FG-C91"):
        open_incident(reported.desk, field, TODAY)


def test_recipients_by_specific_fields_over_six_months(reported: World) -> None:
    report = recipients(reported.desk, TODAY - dt.timedelta(days=180), TODAY, JURISDICTIONS)
    given, *places = report.sections
    datasets = {row[1] for row in given.rows}
    assert datasets == {"customers", "vehicles", "vehicle_sales", "service_visits"}
    customers = next(row for row in given.rows if row[1] == "customers")
    assert customers[0] == OEM
    assert "given_name" in customers[2]
    counted = sum(int(row[6].replace(",", "")) for row in given.rows)
    assert counted == len(reported.landed())
    assert all("not confirmed by counsel" in place.title for place in places)
    assert (
        recipients(reported.desk, TODAY - dt.timedelta(days=90), TODAY - dt.timedelta(days=60), ()).sections[0].rows
        == ()
    )
    with pytest.raises(ConfigError, check=lambda e: e.code == "FG-C93"):
        recipients(reported.desk, TODAY - dt.timedelta(days=200), TODAY, ())
    with pytest.raises(ConfigError, check=lambda e: e.code == "FG-C94"):
        recipients(reported.desk, TODAY, TODAY, ["US-XX"])
    html = as_html(report)
    assert "<script" not in html
    assert "http" not in html.split("<body>")[1]
    assert max(map(len, lines(report))) <= 80


def test_counsels_name_and_date_beside_agent_yaml_count(reported: World) -> None:
    own = reported.config.path.parent / "jurisdictions"
    own.mkdir()
    text = "jurisdiction: US-GA\nconfirmed_by: Lee Example\nconfirmed_on: 2026-11-01\nsays:\n  - As it was.\n"
    (own / "US-GA.yaml").write_text(text, "utf-8")
    place = recipients(reported.desk, TODAY, TODAY, ["US-GA"]).sections[1]
    assert place.title == "US-GA (confirmed by Lee Example on 2026-11-01)"
    assert place.rows == (("As it was.",),)
    shutil.rmtree(own)


def test_processing_blast_radius_and_the_monthly_page(reported: World) -> None:
    report = processing(reported.desk)
    words = "\n".join(lines(report))
    for one in (
        "marketing, opt_out",
        OEM,
        "Lee Example",
        "given_name",
        "FIRST_NAME",
        "customer-crm: customers, from ",
    ):
        assert one in words
    with reported.desk.state.reading() as tx:
        batches = [row[0] for row in tx.rows("select batch_id from disclosures where dataset = 'customers'")]
    reach = blast_radius(reported.desk, [*batches, "no-such"])
    held = [key for key in reported.landed() if key[1] == "customers"]
    assert reach.about.startswith(f"{len(held)} distinct people, {len(held)} records")
    assert reach.sections[1].rows == (("no-such",),)
    page = kpi(reported.desk, "2026-11")
    assert [section.title for section in page.sections] == ["Business", "IT", "Legal"]
    business = {row[0]: row[1] for row in page.sections[0].rows}
    assert business["records delivered"] == f"{len(reported.landed())} of {len(reported.landed())} (100 %)"
    reachable = [row for row in page.sections[0].rows if row[0].startswith("reachable by email")]
    [[people]] = reported.sql(f"SELECT count(*) FROM {reported.table('CUSTOMER')}")
    [[mailable]] = reported.sql(
        f"SELECT count(*) FROM {reported.table('CUSTOMER')} WHERE RTRIM(coalesce(\"OPT_OUT\", '')) <> 'Y'"
        " AND RTRIM(coalesce(\"BLOCK_EMAIL\", '')) <> 'Y'"
    )
    assert reachable[0][1].startswith(f"{int(mailable):,} of {int(people):,} (")
    assert max(map(len, (*lines(page), *lines(report), *lines(reach)))) <= 80
    html = as_html(page)
    assert html.count("<section>") == 3, "three columns"
    assert "repeat(3,minmax(0,1fr))" in html
