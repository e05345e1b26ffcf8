"""One declaration: the schema and the page that are checked in are made from it, and agree with the reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.core.policy.compile import datasets_of
from agent.core.policy.document import CATEGORIES, PolicyDocument
from agent.core.policy.reader import read_policy
from agent.core.policy.reference import reference_page
from agent.core.policy.schemas import DRAFT_07, policy_schema, record_schema, schema_text
from tests.core.policy.naive_schema import violations
from tests.core.policy.samples import draft

ROOT = Path(__file__).parents[3]
SCHEMA = ROOT / "field_policies" / "schema" / "field-policy.schema.json"
PAGE = ROOT / "docs" / "policy-reference.md"
# Unquoted words that look like numbers are text to the reader, and numbers to an editor.
_ONLY_FOR_THE_READER = ("code-NO-is-text", "store-012-is-text", "quoted-everything")
EXAMPLES = [
    file
    for folder in (ROOT / "field_policies", ROOT / "tests" / "policies" / "good")
    for file in sorted(folder.glob("*.yaml"))
    if file.stem not in ("nonpublic", *_ONLY_FOR_THE_READER)
]


def test_the_schema_that_is_checked_in_is_the_one_that_is_made() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(policy_schema())


def test_the_page_that_is_checked_in_is_the_one_that_is_made() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference_page()


def _objects(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, dict):
        return [node, *(found for value in node.values() for found in _objects(value))]
    return [found for item in node for found in _objects(item)] if isinstance(node, list) else []


def test_the_schema_is_draft_07_and_closed_at_every_level() -> None:
    schema = policy_schema()
    assert schema["$schema"] == DRAFT_07
    text = json.dumps(schema)
    assert "$defs" not in text
    assert '"null"' not in text
    for node in _objects(schema):
        assert "$ref" not in node or len(node) == 1, "draft-07 ignores what stands beside $ref"
        if node.get("type") == "object" and "properties" in node:
            assert node["additionalProperties"] is False


def test_every_key_is_described_in_schema_and_page() -> None:
    schema, page = policy_schema(), reference_page()
    for group in [schema, *schema["definitions"].values()]:
        for key, value in group["properties"].items():
            assert value.get("description") or "$ref" in value, key
            assert f"| `{key}` |" in page
    for category in CATEGORIES:
        assert f"`{category}`" in page


class _Editor(yaml.SafeLoader):
    """As a YAML 1.2 editor reads: dates and NO are text."""


_Editor.yaml_implicit_resolvers = {
    first: [(tag, rx) for tag, rx in pairs if not tag.endswith((":timestamp", ":merge"))]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda f: f.stem)
def test_what_the_reader_accepts_an_editor_does_not_underline(file: Path) -> None:
    data = file.read_bytes()
    assert not isinstance(read_policy(data, file.name), tuple)
    value = yaml.load(data.decode("utf-8-sig"), Loader=_Editor)
    assert violations(policy_schema(), value) == []


def test_the_editor_underlines_what_is_wrong() -> None:
    value = yaml.load((ROOT / "field_policies/customer-crm.yaml").read_text(), Loader=_Editor)
    schema = policy_schema()
    for change in (
        {"purpose": "anything"},
        {"allow_everything": True},
        {"version": "one"},
        {"stores": []},
        {"datasets": {}},
        {"datasets": {"Customers": value["datasets"]["customers"]}},
    ):
        assert violations(schema, {**value, **change}), change


def test_templates_can_be_read_and_can_never_be_approved_as_they_are() -> None:
    import datetime as dt

    from agent.core.policy.checks import check_policy, errors_in

    templates = sorted((ROOT / "field_policies" / "templates").glob("*.yaml"))
    assert len(templates) == 4
    purposes = set()
    for template in templates:
        read = draft(template.read_bytes())
        purposes.add(read.document.purpose)
        codes = {p.code for p in errors_in(check_policy(read, today=dt.date(2026, 11, 22)))}
        assert codes == {"P040", "P042", "P053"}, template.name
    assert purposes == {"marketing", "service_reminders", "warranty_recall", "market_reporting"}


def test_record_schema_allows_the_granted_fields_and_nothing_else() -> None:
    (dataset,) = datasets_of(draft().document)
    schema = record_schema(dataset)
    good = {
        "vin": "1EXAMPLE0000000",
        "model_year": 2021,
        "buyer_id": "0f" * 16,
        "delivery_date": None,
        "postal_code": "303",
    }
    assert violations(schema, good) == []
    assert violations(schema, {}) == []
    for bad in ({"apr": "1"}, {"vin": "x" * 18}, {"model_year": "2021"}, {"buyer_id": "12"}, {"postal_code": "30301"}):
        assert violations(schema, bad), bad


def test_the_declaration_has_no_default_that_lets_more_leave() -> None:
    optional = {name for name, field in PolicyDocument.model_fields.items() if not field.is_required()}
    assert optional == {"lawful_basis", "answers", "choices", "declined"}
