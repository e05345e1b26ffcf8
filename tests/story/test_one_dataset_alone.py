"""What breaks under one dataset stops that dataset: a column that was renamed on PostgreSQL, a view of SQLite that no
longer works. The others flow, and nothing of the broken one is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.core.pins import CHANGED
from agent.demo import servers
from agent.demo.engine import Engine
from agent.errors import PolicyError
from tests.story.world import World, world

DATASETS = {"customers", "vehicles", "vehicle_sales", "service_visits"}


def read(made: World) -> tuple[set[str], set[str]]:
    done = made.extract()
    return {r.dataset for r in done.readings}, {error.code for error in done.refused}


ATTACKS = {  # a grant that nobody asked for, and its undoing
    "another table": (
        'GRANT SELECT ("TERM") ON dbo."SALES_DEAL" TO fieldgate_ro',
        'REVOKE SELECT ("TERM") ON dbo."SALES_DEAL" FROM fieldgate_ro',
    ),
    "it looks nonpublic now": (
        'ALTER TABLE dbo."REPAIR_ORDER" RENAME COLUMN "ODOMETER_IN" TO "SSN"',
        'ALTER TABLE dbo."REPAIR_ORDER" RENAME COLUMN "SSN" TO "ODOMETER_IN"',
    ),
    "one more": (
        (
            'ALTER TABLE dbo."REPAIR_ORDER" RENAME COLUMN "ODOMETER_IN" TO "MILES_IN"; '
            'ALTER TABLE dbo."REPAIR_ORDER" ADD "MORE" int; GRANT SELECT ("MORE") ON dbo."REPAIR_ORDER" TO fieldgate_ro'
        ),
        (
            'ALTER TABLE dbo."REPAIR_ORDER" DROP COLUMN "MORE"; '
            'ALTER TABLE dbo."REPAIR_ORDER" RENAME COLUMN "MILES_IN" TO "ODOMETER_IN"'
        ),
    ),
}


def test_a_renamed_column_stops_its_dataset_alone_and_a_grant_that_nobody_asked_for_stops_everything(
    postgresql: Engine, tmp_path: Path
) -> None:
    with world(tmp_path, engine=postgresql, customers=5) as made:
        made.approve()
        made.enroll(stores=("01",))
        for attack, undo in ATTACKS.values():
            made.sql(attack)
            with pytest.raises(PolicyError, match="FG-A10"):
                made.extract()
            made.sql(undo)
        made.sql('ALTER TABLE dbo."REPAIR_ORDER" RENAME COLUMN "ODOMETER_IN" TO "MILES_IN"')
        assert read(made) == (DATASETS - {"service_visits"}, {CHANGED})
        assert not [s for s in postgresql.statement_log() if s.role == "fieldgate_ro" and "MILES_IN" in s.statement]
        made.sql('ALTER TABLE dbo."REPAIR_ORDER" RENAME COLUMN "MILES_IN" TO "ODOMETER_IN"')
        assert read(made) == (DATASETS, set())
        made.sql(
            'ALTER TABLE dbo."REPAIR_ORDER" DROP COLUMN "LAST_CHANGED"; ALTER TABLE dbo."REPAIR_ORDER" ADD "SEEN" date'
        )
        made.sql('GRANT SELECT ("SEEN") ON dbo."REPAIR_ORDER" TO fieldgate_ro')
        with pytest.raises(PolicyError, match="FG-A10"):  # another column in the place of a dropped one
            made.extract()


def test_a_view_of_sqlite_that_no_longer_works_stops_what_reads_it_alone(tmp_path: Path) -> None:
    dms = servers.start("sqlite", tmp_path / "dms")
    with world(tmp_path, engine=dms, customers=5) as made:
        made.sql('CREATE VIEW main."VISITS" AS SELECT * FROM "REPAIR_ORDER"')
        made.sql('CREATE TABLE main."SIDE" ("A" int); CREATE VIEW main."ASIDE" AS SELECT "A" FROM "SIDE"')
        text = made.policy_text().replace("main.REPAIR_ORDER", "main.VISITS")
        made.approve(text)
        made.enroll(stores=("01",))
        made.sql('DROP TABLE main."SIDE"')
        assert read(made) == (DATASETS, set()), "a broken view that no policy reads is nobody's business"
        made.sql('DROP VIEW main."VISITS"; CREATE VIEW main."VISITS" AS SELECT * FROM "NOWHERE"')
        assert read(made) == (DATASETS - {"service_visits"}, {CHANGED})
