"""Approved rules as the tests of query, grants, lineage and probe need them: example names only."""

from __future__ import annotations

from agent.core.ruleset import (
    ChoiceColumn,
    ChoicesRules,
    Condition,
    DatasetRules,
    Exists,
    FieldRules,
    FieldType,
    Join,
    PersonRules,
    Ref,
    Table,
    Transform,
)


def field(name: str, column: str, of: str = "") -> FieldRules:
    return FieldRules(name, Ref(of, column), "vehicle", FieldType("text", 60), Transform())


def choices(schema: str = "dbo") -> ChoicesRules:
    everything = ChoiceColumn("everything", "OPT_OUT", ("Y",), ("N",), False, "send")
    email = ChoiceColumn("email", "BLOCK_EMAIL", ("Y",), ("N",), False, "send")
    return ChoicesRules("customer_choices", "dms", Table(schema, "CUSTOMER"), ("CUST_NO",), (everything, email))


def customers(schema: str = "dbo", **changed: object) -> DatasetRules:
    """The choices stand in the dataset's own row."""
    rules: dict[str, object] = {
        "name": "customers",
        "about": "",
        "source": "dms",
        "table": Table(schema, "CUSTOMER"),
        "key": ("CUST_NO",),
        "store": "STORE_NO",
        "changes": None,
        "joins": (),
        "where": (),
        "people": (PersonRules("customer", (Ref("", "CUST_NO"),), choices(schema)),),
        "fields": (field("email", "EMAIL1"), field("given_name", "FIRST_NAME")),
    }
    return DatasetRules(**{**rules, **changed})  # type: ignore[arg-type]


def vehicle_sales(schema: str = "dbo", **changed: object) -> DatasetRules:
    """Two people, a join, every kind of filter."""
    rules: dict[str, object] = {
        "name": "vehicle_sales",
        "about": "",
        "source": "dms",
        "table": Table(schema, "SALES_DEAL"),
        "key": ("DEAL_NO",),
        "store": "STORE_NO",
        "changes": "LAST_CHANGED",
        "joins": (Join(Table(schema, "VEHICLE"), "VEHICLE", (("VIN", Ref("", "VIN")),)),),
        "where": (
            Condition(Ref("VEHICLE", "MAKE"), "is_one_of", ("EXAMPLE", "SAMPLE")),
            Condition(Ref("", "DEAL_STATUS"), "is_not", ("X",)),
            Condition(Ref("", "DEAL_DT"), "within_months", (6,)),
            Exists(
                Table(schema, "CUSTOMER"),
                (("CUST_NO", Ref("", "BUYER_NO")),),
                (Condition(Ref("", "EMAIL1"), "not_empty"),),
            ),
        ),
        "people": (
            PersonRules("buyer", (Ref("", "BUYER_NO"),), choices(schema)),
            PersonRules("co_buyer", (Ref("", "COBUYER_NO"),), choices(schema)),
        ),
        "fields": (field("model_year", "YEAR", "VEHICLE"), field("vin", "VIN")),
    }
    return DatasetRules(**{**rules, **changed})  # type: ignore[arg-type]
