from __future__ import annotations

from typing import Any

from ameide_sdk._internal.options.option_layers import snapshot, without_shadowed
from ameide_sdk._internal.options.options import ClientOptions


def test_values_that_nearer_layers_override_are_gone() -> None:
    far: ClientOptions = {
        "tenant": "far",
        "mode": "observe",
        "timeout": 1,
        "headers": {"X-A": "far", "x-b": "far"},
        "retry": {"max_attempts": 3, "base_delay": 1},
        "auth": {"token": "old"},
        "methods": {"acme.v1.Billing": {"tenant": "method", "idle_timeout": 1}},
    }
    near: ClientOptions = {
        "tenant": "near",
        "no_deadline": True,
        "headers": {"x-a": "near"},
        "retry": {"max_attempts": 2},
        "auth": None,
    }
    kept = without_shadowed((near, far))
    assert kept == (
        near,
        {
            "mode": "observe",
            "headers": {"x-b": "far"},
            "retry": {"base_delay": 1},
            "methods": {"acme.v1.Billing": {"idle_timeout": 1}},
        },
    )


def test_layers_without_values_are_gone() -> None:
    layers: tuple[ClientOptions, ...] = (
        {"tenant": "c", "no_deadline": False},
        {"tenant": "b"},
        {"tenant": "a", "retry": False, "timeout": 1},
    )
    assert without_shadowed(layers) == (layers[0], {"retry": False, "timeout": 1})


def test_retries_that_are_off_are_behind_those_of_a_nearer_layer() -> None:
    assert without_shadowed(({"retry": {}}, {"retry": False})) == ({"retry": {}},)
    far: ClientOptions = {"retry": {"max_attempts": 2}}
    assert without_shadowed(({"retry": False}, far)) == ({"retry": False}, far)


def test_later_changes_by_the_caller_have_no_effect() -> None:
    auth = {"token": "t"}
    given: dict[str, Any] = {
        "auth": auth,
        "headers": {"x-a": "1"},
        "baggage": ["a"],
        "methods": {"acme.v1.Billing": {"retry": {"retryable_codes": ["aborted"]}, "auth": auth}},
    }
    taken = snapshot(given)
    given["headers"]["x-a"] = "2"
    given["baggage"].append("b")
    given["methods"]["acme.v1.Billing"]["retry"]["retryable_codes"].append("internal")
    given["methods"]["acme.v1.Billing"]["auth"] = None
    assert taken["headers"] == {"x-a": "1"}
    assert taken["baggage"] == ("a",)
    of_method = taken["methods"]["acme.v1.Billing"]
    assert of_method["retry"] == {"retryable_codes": ("aborted",)}
    # What was made of a credential is found by it.
    assert taken["auth"] is auth
    assert of_method["auth"] is auth
