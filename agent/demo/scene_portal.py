"""Scene 5, the other way round: somebody clicks Stop on the car maker's page, and the dealer stops as well."""

from __future__ import annotations

import http.client
import ssl
import time
from urllib.parse import urlencode, urlsplit

from agent.demo import night
from agent.demo.clerk import Clerk
from agent.demo.dms import SHOWCASE
from agent.demo.facts import Click
from agent.demo.scene_run import landed_customer
from agent.demo.stage import Stage, now
from agent.state import honoring


def somebody_clicks(stage: Stage, clerk: Clerk) -> Click | None:
    """A real form, posted to the receiver's own page over HTTPS; then pull and delivery, as the service makes them."""
    facts = stage.facts
    number = clerk.somebody_who_never_said_no(SHOWCASE, clerk.drive(SHOWCASE, "01"))
    if not number:
        return None  # a dealership so small that there is only Pat
    before = _stops(stage)
    began, clicked_at = time.monotonic(), _clock_time()
    answered = _click(stage, _record_id(stage, number))
    facts.same("the portal's answer to a click", "expected", 200, "its page", answered)
    pulled = night.pull(stage)
    heard_at = _clock_time()
    deliveries = night.deliver(stage)
    told_at, seconds = _clock_time(), time.monotonic() - began
    told = sum(d.lines for d in deliveries if d.kind == "control")
    facts.same("opt-outs heard", "clicked", 1, "the agent", sum(one.entries for one in pulled))
    facts.same("stops told after a click", "the agent", told, "the car maker's log", _stops(stage) - before)
    with stage.desk.state.reading() as tx:
        to_do = sum(one.done_at is None for one in honoring.everything(tx, honoring.DMS))
    night.extract(stage)
    night.deliver(stage)
    landed = landed_customer(stage, number)
    stands = landed.suppressed if landed else ()
    facts.same("who clicked, after another run", "expected", ("all",), "the car maker's landing", stands)
    return Click(clicked_at, heard_at, told_at, told, to_do, round(seconds, 1))


def _stops(stage: Stage) -> int:
    """How many records the car maker was ever told to stop using."""
    with stage.receiver.house.store.reading() as db:
        return int(db.execute("SELECT count(*) FROM operations WHERE op = 'suppress'").fetchone()[0])


def _click(stage: Stage, record_id: str) -> int:
    where = urlsplit(stage.receiver.url)
    trust = ssl.create_default_context(cafile=str(stage.receiver.ca_file))
    page = http.client.HTTPSConnection(where.hostname or "", where.port, timeout=30, context=trust)
    try:
        body = urlencode({"id": record_id, "channel": "all"})
        page.request("POST", "/portal", body, {"content-type": "application/x-www-form-urlencoded"})
        return page.getresponse().status
    finally:
        page.close()


def _record_id(stage: Stage, number: int) -> str:
    landed = landed_customer(stage, number)
    return landed.id if landed else ""


def _clock_time() -> str:
    return now().astimezone().strftime("%H:%M:%S")
