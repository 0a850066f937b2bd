"""Policy documents. That wrong ones are refused before any I/O, cases say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ameide_core_proto.ameide.policy.v1.policy_pb import (
    ClientPolicy,
    MethodFacts,
    MethodPolicy,
    MethodPolicyEntry,
    RetryBudget,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from ameide_sdk._internal.config.policy_document import PolicyDocument, read_document
from ameide_sdk._internal.errors.errors import AmeideError
from ameide_sdk._internal.policy.policy_table import BOUNDS, BUDGET, ROWS

BANK = "acme.v1.Bank"


def read(document: Any) -> PolicyDocument:
    return read_document(document, 5)


def refused(document: object) -> AmeideError:
    with pytest.raises(AmeideError) as caught:
        read(document)
    assert caught.value.reason == "CONFIG_INVALID"
    return caught.value


def test_the_table_has_the_fields_of_documents() -> None:
    fields = {each.name for each in MethodPolicy.desc().fields} - {"facts"}
    facts = {f"facts.{each.name}" for each in MethodFacts.desc().fields}
    assert {row.field or name for name, row in ROWS if row.in_document} == fields | facts
    assert list(BUDGET) == [each.name for each in RetryBudget.desc().fields]


@pytest.mark.parametrize(
    ("option", "document"),
    [
        ("policy.default.timeoutMs", {"default": {"timeoutMs": "0"}}),
        ("policy.default.timeoutMs", {"default": {"timeoutMs": "-1"}}),
        ("policy.default.timeoutMs", {"default": {"timeoutMs": "9223372036854775806"}}),
        ("policy.default.timeoutMs", {"default": {"timeoutMs": float("inf")}}),
        ("policy.default.timeoutMs", {"default": {"timeoutMs": float("nan")}}),
        ("policy.default.timeoutMs", {"default": {"timeoutMs": 10**5_000}}),
        ("policy.default.timeoutMs", {"default": {"timeoutMs": "1_000"}}),
        ("policy.default.timeoutMs", {"default": {"timeoutMs": "\u0661"}}),
        ("policy.default.timeoutMs", {"default": {"timeoutMs": "s3cret"}}),
        ("policy.default.timeoutMs", {"default": {"timeoutMs": True}}),
        ("policy.default.maxAttempts", {"default": {"maxAttempts": 6}}),
        ("policy.default.max_attempts", {"default": {"max_attempts": 1.5}}),
        ("policy.default.retryableCodes[0]", {"default": {"retryableCodes": ["ABORTED"]}}),
        ("policy.default.retryableCodes", {"default": {"retryableCodes": ["aborted", None]}}),
        ("policy.default.retryableCodes", {"default": {"retryableCodes": ["\ud800"]}}),
        ("policy.default.requireIdempotency", {"default": {"requireIdempotency": "yes"}}),
        ("policy.default.requireIdempotency", {"default": {"requireIdempotency": 1}}),
        ("policy.default.facts.requestIdField", {"default": {"facts": {"requestIdField": 5}}}),
        (
            "policy.default.facts.requestIdField",
            {"default": {"facts": {"requestIdField": "s3cret"}}},
        ),
        (
            "policy.methods[0].policy.facts.requestIdField",
            {
                "methods": [
                    {
                        "selectors": [BANK, "acme.v1.Cash"],
                        "policy": {"facts": {"requestIdField": "s3cret"}},
                    }
                ]
            },
        ),
        ("policy.methods[1].policy.maxDelayMs", {"methods": [{}, {"policy": {"maxDelayMs": "0"}}]}),
        ("policy.methods[0].selectors[0]", {"methods": [{"selectors": ["/acme"]}]}),
        ("policy.methods[0].selectors", {"methods": [{"selectors": "s3cret"}]}),
        ("policy.methods[1]", {"methods": [{}, "s3cret"]}),
        ("policy.methods[1]", {"methods": [{}, None]}),
        ("policy.methods", {"methods": {"selectors": []}}),
        ("policy.budget.capacity", {"budget": {"capacity": 10_001}}),
        ("policy.budget.cost", {"budget": {"cost": 0}}),
        ("policy.behavior", {"behavior": 2}),
        ("policy.default", {"default": "s3cret"}),
        ("policy.logLevel", {"logLevel": {}}),
        ("policy.default.timeoutMs", {"default": {"timeoutMs": object()}}),
    ],
)
def test_a_fault_of_a_document(option: str, document: object) -> None:
    error = refused(document)
    assert [each.field for each in error.field_violations] == [option]
    assert f"option {option}: " in error.message
    assert "s3cret" not in str(error)


def test_all_faults_at_once() -> None:
    entries = [{"policy": {"maxAttempts": 9}}] * 30
    error = refused(
        {"behavior": 7, "default": {"timeoutMs": True, "maxDelayMs": "0"}, "methods": entries}
    )
    assert "33 options are wrong: policy.default.timeoutMs: must be an integer" in error.message
    assert "; policy.methods[0].policy.maxAttempts: must be an integer from 1 to 5, got 9; " in (
        error.message
    )
    assert len(error.field_violations) == BOUNDS.max_faults


@pytest.mark.parametrize(
    ("document", "unknown"),
    [
        ({"preset": "PRESET_MESH"}, ()),
        ({"hedging": {"attempts": 2}}, ("hedging",)),
        ({"default": {"maxAttemps": 2}}, ("default.maxAttemps (did you mean maxAttempts?)",)),
        ({"preset": "PRESET_MUSH"}, ("preset (did you mean PRESET_MESH?)",)),
        ({"methods": [{}]}, ("methods[0].selectors (is empty, which selects nothing)",)),
        ({"a\nb": 1}, (r'"a\nb"',)),
        ({"\ud800": 1}, (r'"\ud800"',)),
        ({7: 1}, ("7",)),
        ({"y" * 100: 1}, (f'"{"y" * 64}"',)),
        (
            {f"x{number}": 1 for number in range(30)},
            (*(f"x{number}" for number in range(BOUNDS.max_faults)), "and more"),
        ),
    ],
)
def test_what_nobody_knows_is_named(document: object, unknown: tuple[str, ...]) -> None:
    assert read(document).unknown_fields == unknown


ENTRIES = {
    "methods": [
        {"selectors": [BANK], "policy": {"maxAttempts": 2}},
        {
            "selectors": [BANK, "acme.v1.Cash"],
            "policy": {
                "max_attempts": 4,
                "timeoutMs": "5",
                "retryableCodes": ["internal", "aborted"],
            },
        },
    ],
    "logLevel": "LOG_LEVEL_DEBUG",
    "behavior": 1,
    "budget": {"cost": 3},
    "default": {"facts": {"tenant": "TENANT_MODE_REQUIRED"}},
}


def test_a_farther_entry_fills_what_is_left_open() -> None:
    document = read(ENTRIES)
    second = {"max_attempts": 4, "timeout_ms": 5, "retryable_codes": ("aborted", "internal")}
    assert document.methods == {BANK: {**second, "max_attempts": 2}, "acme.v1.Cash": second}
    assert (document.log_level, document.behavior, document.budget) == ("debug", 1, {"cost": 3})
    assert document.default == {"tenant_mode": "required"}


def test_a_document_may_be_a_message() -> None:
    message = ClientPolicy.from_json(json.dumps(ENTRIES))
    assert read(message) == read(ENTRIES)


# As a newer version of the schema writes them: field 100 of a policy, a varint and a text.
def test_unknown_fields_of_a_message_are_named_by_number() -> None:
    later = MethodPolicy.from_binary(b"\xa0\x06\x01\xa2\x06\x02hi\xa0\x06\x02")
    message = ClientPolicy(
        default=later,
        methods=[MethodPolicyEntry(selectors=[BANK], policy=later), MethodPolicyEntry()],
    )
    assert read(message).unknown_fields == (
        "default.100",
        "methods[0].policy.100",
        "methods[1].selectors (is empty, which selects nothing)",
    )


NAMES = sorted(
    {
        each.json_name
        for desc in (ClientPolicy, MethodPolicy, MethodFacts, RetryBudget, MethodPolicyEntry)
        for each in desc.desc().fields
    }
)
WORDS = st.sampled_from(["PRESET_MESH", "aborted", BANK, f"{BANK}/Pay", "5s", "250", "-1", "1.0"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["default", "methods", "budget", "preset"]), JSON))
def test_any_document_is_read_or_refused(document: dict[str, Any]) -> None:
    refusal = None
    try:
        found = read(document)
    except AmeideError as error:
        refusal = error
    else:
        assert len(found.unknown_fields) <= BOUNDS.max_faults + 1
        assert 1 <= found.default.get("max_attempts", 1) <= 5
        assert found == read(document)
    assert refusal is None or refusal.reason == "CONFIG_INVALID"
