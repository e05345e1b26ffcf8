"""The classifier: known layouts within their bounds, layouts left out too, and the ways people try to hide a name."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agent.core.classify import classify
from agent.core.floor import exact
from agent.core.names import read_name
from tests.measure_names import OTHER_HAND, UNSEEN, counts, judged, other_hand, rates, read, unseen, ways

SEED = yaml.safe_load((Path(__file__).parent.parent / "data" / "nonpublic_names.yaml").read_text("utf-8"))
# Names that only a table can settle; with the table they are forbidden.
NEED_TABLE = {"PO_AMT", "Category", "ID_NO"}


@pytest.mark.parametrize("way", ["floor on", "floor off"])
@pytest.mark.parametrize("data", ["layout_fields.csv", "more_layouts.csv"])
def test_known_layouts_stay_within_the_bounds(way: str, data: str) -> None:
    layouts = read(data)
    found = rates(counts(layouts, ways(layouts)[way]))
    assert found["NPI"] <= 3, found
    assert found["harmless"] <= 5, found
    assert found["HOLD"] <= 5, found


@pytest.mark.parametrize("name", list(OTHER_HAND))
def test_layouts_by_another_hand_are_read(name: str) -> None:
    found = rates({name: judged(other_hand(name))})
    assert found["NPI"] < 5, found
    assert found["harmless"] <= 5, found
    assert found["HOLD"] < 12, found  # two of seventeen: `tags` and a store's own attribute


@pytest.mark.parametrize("name", list(UNSEEN))
def test_layouts_frozen_before_they_were_judged_are_read(name: str) -> None:
    found = rates({layout: judged(rows) for layout, rows in unseen(name).items()})
    assert found["NPI"] <= 3, found
    assert found["harmless"] <= 5, found
    assert found["HOLD"] <= 5, found


@pytest.mark.parametrize("name", ["QXVB", "PRWN", "KLMF", "TRZD", "GHRK2", "OKZQ"])
def test_a_name_without_any_known_word_is_suspected_not_plain(name: str) -> None:
    verdict = classify(name, table="RZTBL", neighbors=["CUST_NO", "CITY", name])
    assert (verdict.verdict, verdict.category) == ("suspected", "opaque")
    assert classify(name, comment="exterior color of the vehicle").verdict == "plain"


@pytest.mark.parametrize(("name", "verdict"), [("Glockenspiel", "suspected"), ("CITY", "plain")])
def test_among_deals_a_word_nobody_here_knows_is_suspected(name: str, verdict: str) -> None:
    assert classify(name, table="T_X", neighbors=["APR", "LENDER", "PAYOFF_AMT", "CITY", name]).verdict == verdict
    assert classify(name, table="T_X").verdict == "plain"


TYPED = ["strVIN", "curTaxes", "dtmSold", "intYr", "strClr", "curPmt"]


@pytest.mark.parametrize(("name", "verdict"), [("curPmt", "forbidden"), ("strClr", "plain"), ("intYr", "plain"),
                                               ("strUser1", "suspected")])  # fmt: skip
def test_letters_that_say_a_type_are_no_part_of_a_name(name: str, verdict: str) -> None:
    assert classify(name, table="tblDeals", neighbors=TYPED).verdict == verdict


@pytest.mark.parametrize("name", ["Kreditlaufzeit", "Zahlungsbetrag", "Leasingzinssatz", "Darlehenssaldo"])
def test_words_written_in_one_are_read(name: str) -> None:
    assert classify(name).verdict == "suspected"


GREEN_SCREEN = ["FIAMTF", "FITERM", "FIBYRT", "FIVIN", "FISTK", "FIDATE", "FISLS1"]


@pytest.mark.parametrize(("name", "verdict"), [("FIAMTF", "suspected"), ("FIBYRT", "suspected"), ("FISTK", "plain"),
                                               ("FISLS1", "plain"), ("FIVIN", "plain")])  # fmt: skip
def test_letters_all_columns_start_with_are_no_part_of_a_name(name: str, verdict: str) -> None:
    assert classify(name, table="DEALFI", neighbors=GREEN_SCREEN).verdict == verdict


# fmt: off
OF_TWO_TABLES = ["CUADDR1", "CUCITY", "CUCUSNBR", "CUEMAIL", "CUFLAG3", "CUFSTNAM", "CULSTNAM", "CUWRKPHN", "CUZIP9",
                 "SDFILLER", "SVCMNT1", "SDSTKNBR"]
# fmt: on


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("CULSTNAM", "plain"), ("CUFLAG3", "suspected"), ("SDFILLER", "suspected"), ("SVCMNT1", "suspected")],
)
def test_columns_of_another_table_do_not_hide_the_letters_the_rest_begin_with(name: str, verdict: str) -> None:
    assert classify(name, table="CUSMAST", neighbors=OF_TWO_TABLES).verdict == verdict


@pytest.mark.parametrize(("name", "verdict"), [("deal_flag_b", "suspected"), ("deal_user_text_2", "suspected"),
                                               ("deal_date", "plain"), ("deal_store", "plain")])  # fmt: skip
def test_the_word_every_column_begins_with_says_nothing(name: str, verdict: str) -> None:
    around = ["deal_date", "deal_store", "deal_vin", "deal_flag_b", "deal_user_text_2", "deal_no"]
    assert classify(name, neighbors=around).verdict == verdict


@pytest.mark.parametrize("name", ["flagb", "IND_X", "SWITCH2", "tags", "ext_data", "KENNZ_X1", "CUST_DEF_3", "lookup1"])
def test_a_container_without_a_label_is_suspected(name: str) -> None:
    assert classify(name).verdict == "suspected"


@pytest.mark.parametrize(
    "name",
    ["flagship", "Windshield Chip", "treaddepthlf", "towingCapacity", "TPMS", "blind_spot", "api_version", "spare_tire",
     "last_contacted", "Tires Balanced", "labels_printed_on"],
)  # fmt: skip
def test_everyday_words_are_no_riddle(name: str) -> None:
    assert classify(name).verdict == "plain"


@pytest.mark.parametrize("name", ["EMPTY", "TERMITE", "CORPORATE", "ORATE", "CHAR", "NAME_EMPTY", "EMPLACEMENT"])
def test_whole_words_are_not_taken_for_rows_of_short_forms(name: str) -> None:
    assert classify(name).verdict == "plain"


def test_a_layout_left_out_is_still_recognized() -> None:
    layouts = read("layout_fields.csv")
    assert rates(counts(layouts, ways(layouts)["layout left out"]))["NPI"] <= 12


def test_names_alone_without_neighbors_stay_within_the_bounds() -> None:
    layouts = read("layout_fields.csv")
    found = rates(counts(layouts, ways(layouts)["floor on"], neighbors=False))
    assert found["NPI"] <= 3
    assert found["harmless"] <= 5


@pytest.mark.parametrize("name", [n.lstrip("~") for e in SEED["categories"].values() for n in e["names"]])
def test_every_seeded_nonpublic_name_is_caught(name: str) -> None:
    table = "SALES_DEAL" if name in NEED_TABLE else ""
    assert classify(name, table=table).verdict != "plain"


@pytest.mark.parametrize("name", SEED["false_positive_tests"]["synthetic"])
def test_names_that_only_sound_like_finance_are_plain(name: str) -> None:
    assert classify(name.partition(" (")[0]).verdict == "plain"


@pytest.mark.parametrize("name", SEED["false_positive_tests"]["seen_in_real_layouts"])
def test_harmless_names_of_real_layouts_are_plain(name: str) -> None:
    bare, _, where = name.partition(" (")
    assert classify(bare.replace("[]", ""), table="REPAIR_ORDER" if where else "").verdict == "plain"


@pytest.mark.parametrize("name", [n for n in SEED["product_decision"] if n != "MbiPolicyNo"])
def test_product_decisions_are_plain(name: str) -> None:
    assert classify(name).verdict == "plain"


@pytest.mark.parametrize(
    "name",
    ["DealerDefined7", "FiAux33", "OptField2", "UDF_12", "CHAR03", "USR_FLD2", "F17", "Misc 4", "CUSTOM_FIELD_9",
     "CustomerComments", "RO_REMARKS", "storyText", "Cause1", "TECH_NOTES", "specInstructions.line3", "FeeOption4Name"],
)  # fmt: skip
def test_opaque_and_free_text_is_suspected(name: str) -> None:
    found = classify(name)
    assert (found.verdict, found.category in ("opaque", "free_text")) == ("suspected", True)


@pytest.mark.parametrize(
    "name",
    ["amttofinance", "totaldowpayment", "TOTALDWNPMT", "paymnet_amt", "FinaceCharge", "DELIQUENT_BAL", "residaul_amt",
     "emploier_nm", "buyrateapr", "mthlypmt", "CUSTSSNUM", "coappgrossinc", "LoanToValuePct", "lienhldrcity"],
)  # fmt: skip
def test_abbreviations_squashing_and_typing_errors_do_not_hide_a_name(name: str) -> None:
    assert classify(name).verdict != "plain"


@pytest.mark.parametrize("name", ["АPR_SCORE", "ѕѕn", "DOВ", "pаyoff", "C\u200bASH_NOTE", "EMAIL\u202e1"])
def test_look_alike_and_invisible_letters_are_suspected_at_least(name: str) -> None:
    assert classify(name).verdict != "plain"


def test_a_trailing_blank_changes_nothing() -> None:
    assert classify("first name ").category == classify("first name").category == "name"


def test_neighbors_settle_an_ordinary_word() -> None:
    deal = ["EnteredRate", "APR", "AmtFinanced", "MonthlyPayment", "VehicleResidual"]
    service = ["roNumber", "opCode", "laborType", "serviceAdvisor", "technicianPunchTimes"]
    assert classify("Category", neighbors=deal).category == "finance_type"
    assert classify("Category", neighbors=service).verdict == "plain"
    assert classify("paymentAmount", neighbors=deal).verdict != "plain"
    assert classify("paymentAmount", neighbors=service).verdict == "plain"


def test_the_catalog_comment_tells_what_a_name_hides() -> None:
    assert classify("COL_A", comment="annual percentage rate of the contract").category == "rate"
    assert classify("VAL7", comment="Customer's date of birth, CCYYMMDD").category == "dob"
    assert classify("PLAN_CD", comment="maintenance plan code").verdict == "plain"


@pytest.mark.parametrize(
    ("type", "verdict"),
    [("varchar(60)", "plain"), ("nvarchar(max)", "suspected"), ("varchar(4000)", "suspected"), ("CLOB", "suspected"),
     ("jsonb", "suspected"), ("bytea", "suspected"), ("text", "plain"), ("character varying(60)", "plain")],
)  # fmt: skip
def test_a_type_that_can_hold_anything_is_suspected(type: str, verdict: str) -> None:
    assert classify("COLOR_OPTION", type=type).verdict == verdict


@pytest.mark.parametrize(
    ("name", "category"),
    [("EMAIL1", "email"), ("CELL_PHONE", "phone"), ("ZIP", "postal_code"), ("FIRST_NAME", "name"), ("VIN", "vin"),
     ("Odometer", "odometer"), ("CUST_NO", "customer_id"), ("DEAL_NO", "record_id"), ("DELIVERY_DT", "date"),
     ("OPT_OUT", "choice"), ("BLOCK_EMAIL", "choice"), ("Finance Manager Name", "employee"), ("MSRP", "money"),
     ("ADDRESS1", "address"), ("CITY", "city"), ("STATE", "region"), ("STORE_NO", "store"), ("MODEL", "vehicle")],
)  # fmt: skip
def test_plain_names_get_the_category_a_policy_would_use(name: str, category: str) -> None:
    found = classify(name)
    assert (found.verdict, found.category) == ("plain", category)


@given(st.text(max_size=80), st.text(max_size=20), st.text(max_size=20), st.text(max_size=60))
def test_every_name_gets_an_answer_and_a_floor_name_is_never_softened(
    name: str, table: str, type: str, comment: str
) -> None:
    found = classify(name, table=table, type=type, comment=comment)
    listed = exact(name, table)
    assert found.verdict in ("forbidden", "suspected", "plain")
    assert found.category
    assert listed is None or found == listed


@given(st.lists(st.sampled_from(["amount", "financed", "vin", "date", "ssn", "first", "name"]), min_size=1, max_size=4))
def test_separators_and_case_do_not_change_the_words(words: list[str]) -> None:
    forms = [
        "_".join(words),
        "-".join(words).upper(),
        " ".join(words),
        "".join(w.title() for w in words),
        ".".join(words),
    ]
    assert len({read_name(form).words for form in forms}) == 1


@given(st.text(string.ascii_lowercase, max_size=70))
def test_reading_a_squashed_name_ends_quickly_and_loses_no_letter(name: str) -> None:
    assert read_name(name).squashed == name
