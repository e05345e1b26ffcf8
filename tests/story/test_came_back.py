"""A customer whose row goes from the DMS and comes back: nobody said stop, so nobody is stopped for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.story.world import world


@pytest.mark.parametrize("which", ["min", "max"], ids=["first", "last"])
def test_a_customer_who_left_the_dms_and_came_back_is_sent_again(tmp_path: Path, which: str) -> None:
    with world(tmp_path, customers=30) as made:
        made.approve()
        made.enroll()
        made.run()
        before = made.usable()
        ((gone,),) = made.sql(f"""select {which}("CUST_NO") from "CUSTOMER" where "OPT_OUT" = 'N'""")
        made.sql(f"""create table kept as select * from "CUSTOMER" where "CUST_NO" = {gone}""")
        made.sql(f"""delete from "CUSTOMER" where "CUST_NO" = {gone}""")
        made.run()
        assert made.usable().keys() < before.keys()
        made.sql("""insert into "CUSTOMER" select * from kept""")
        made.run()
        assert made.usable() == before
        made.check_house()
