"""By the server's own log: of everything the agent's account asked, only refused questions name a nonpublic column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.demo.engine import Engine
from agent.dms.odbc import connect
from tests.measure_statements import live_through
from tests.statement_watch import audit
from tests.story.world import World, world

WHOLE = [pytest.param(kind, live_through, marks=[pytest.mark.long]) for kind in ("postgresql", "mariadb")]


@pytest.mark.asks_for_nonpublic("it plants the one that must be found")
@pytest.mark.parametrize(("kind", "life"), [("postgresql", World.extract), *WHOLE])
def test_no_statement_names_a_nonpublic_column_but_a_refused_question(
    kind: str, life: Callable[[World], object], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    engine: Engine = request.getfixturevalue(kind)
    with world(tmp_path, engine=engine, customers=10) as made:
        made.approve()
        made.enroll(stores=("01",))
        life(made)
        found = audit(engine)
        assert found.strangers == ()
        assert found.naming == found.refused > 80
        assert found.statements > found.naming
        with connect(engine.settings, engine.password) as connection:  # and the audit would see one
            column, table = ("`TERM`", "dbo.SALES_DEAL") if kind == "mariadb" else ('"TERM"', 'dbo."SALES_DEAL"')
            connection.ask(f"SELECT {column} FROM {table}")
        assert len(audit(engine).strangers) == 1
