"""Options of every kind, right and wrong. That they are refused before any I/O, cases say."""

from __future__ import annotations

import logging
import math
import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from protobuf import Registry

from ameide_sdk._internal.errors.errors import AmeideError
from ameide_sdk._internal.options import options
from ameide_sdk._internal.options.check_options import (
    check_call_settings,
    check_client_options,
    check_drain_options,
)
from ameide_sdk._internal.options.check_values import OptionRules
from ameide_sdk._internal.options.reserved_headers import PolicyHeaders, reserved_names

NAMES = reserved_names([], PolicyHeaders())
RULES = OptionRules(NAMES.own, NAMES.keys, max_max_attempts=5)

SETTINGS: list[tuple[str, object, str]] = [
    ("timeout", 0, "a finite number of seconds greater than 0, or a timedelta, got zero$"),
    ("timeout", math.nan, "got NaN$"),
    ("timeout", math.inf, "got an infinite number$"),
    ("timeout", True, "got True$"),
    ("timeout", None, "got None$"),
    ("timeout", timedelta(0), "got zero$"),
    ("timeout", "5s", 'must be a number of seconds: 5, not "5s"$'),
    ("attempt_timeout", "250ms", 'must be a number of seconds: 0.25, not "250ms"$'),
    ("idle_timeout", -1, r"got a negative number \(-1\)$"),
    ("first_message_timeout", "s3cret", "greater than 0, or a timedelta, got a string$"),
    ("timeout_ms", 500, ": did you mean timeout, in seconds[?] It is not an option$"),
    ("timeuot", 5, ": did you mean timeout[?] It is not an option$"),
    ("retry", True, "must be False or a dict: leave it out for the defaults, got a boolean$"),
    ("retry", 3, "must be False or a dict"),
    ("retry.max_attempts", 6, "integer from 1 to 5, got 6$"),
    ("retry.max_attempts", 2.5, "integer from 1 to 5, got 2.5$"),
    ("retry.max_attempts", 2.0, "integer from 1 to 5"),
    ("retry.max_attempts", True, "integer from 1 to 5"),
    ("retry.max_attempts", 10**400, "integer from 1 to 5"),
    ("retry.base_delay", 0, "whole milliseconds, in seconds from 0.001"),
    ("retry.throttle_delay", 0.0015, "whole milliseconds, in seconds from 0.001"),
    ("retry.max_delay", timedelta(microseconds=999), "whole milliseconds"),
    ("retry.max_server_delay", math.nan, "whole milliseconds"),
    ("retry.retryable_codes", ["UNAVAILBLE"], ": did you mean unavailable[?]"),
    ("retry.retryable_codes", "aborted", "list of codes"),
    ("retry.retryable_codes", [["aborted"]], "list of codes"),
    ("retry.attempts", 3, ": did you mean max_attempts[?] It is not an option$"),
    ("retry.max_retries", 3, "is not an option; known here: .*max_attempts"),
    ("wait_for_ready", 1, "True or False, got 1$"),
    ("max_attempts", 3, "is not an option here; it is one of retry"),
    ("xyzzyplugh", 3, ": is not an option; all are in the type [A-Z][A-Za-z]+$"),
    ("auth", "s3cret", "must be None"),
    ("auth", print, 'must be a dict: give the function as {"provider"}$'),
    ("auth", {}, "must be None"),
    ("auth", {"header": "x-key"}, "must be None"),
    ("auth.token", {"token": "Bearer s3cret"}, "without Bearer before it"),
    ("auth.token", {"token": "s3cret\n"}, "printable ASCII on one line"),
    ("auth.value", {"header": "x-key", "value": "s3cret\r\n"}, "one line"),
    ("auth.header", {"header": "x key", "value": "s3cret"}, "header name"),
    ("auth.header", {"header": "x-key\n", "value": "s3cret"}, "header name"),
    ("auth.header", {"header": "X-Tenant-Id", "value": "s3cret"}, "the SDK sets itself"),
    ("auth.header", {"header": "date", "value": "s3cret"}, "value is logged"),
    ("auth.provider", {"provider": "s3cret"}, "must be a function"),
    ("auth.tokn", {"tokn": "s3cret"}, ": did you mean token[?]"),
    ("tenant", "s3cret s3cret", "must be 1 to 128"),
    ("tenant", "s3cret\n", "must be 1 to 128"),
    ("headers", ["a"], "a dict of names and values"),
    ("headers.a b", {"a b": "c"}, "header name"),
    ("headers.x-a", {"x-a": "s3cret\n"}, "printable ASCII"),
    ("headers.AUTHORIZATION", {"AUTHORIZATION": "s3cret"}, "use the option auth$"),
    ("headers.user-agent", {"user-agent": "s3cret"}, "use the option app_name$"),
    ("headers.x-request-id", {"x-request-id": "s3cret"}, "use the option request_id$"),
    ("headers.te", {"te": "s3cret"}, "of the connection"),
    ("headers.(a name that is no text of at most 64 characters)", {7: "s3cret"}, "header name"),
    ("deadline_from", 5, "function, or have timeout_ms"),
]

CLIENT: list[tuple[str, object, str]] = [
    ("idempotency_key", "mine", "one of auto, off"),
    ("base_url", 7, "must be a URL"),
    ("allow_insecure_loopback", 1, "True or False"),
    ("allow_insecure_hosts", "orders", "list of host names"),
    ("allow_insecure_hosts", [1], "list of host names"),
    ("protocol", "gprc", ": did you mean grpc[?] It must be one of .*, got gprc"),
    ("protocol", "s3cret or so", "grpc-web, got a string$"),
    ("format", None, "one of binary, json, got None"),
    ("registry", {}, "Registry of protobuf-py"),
    ("methods", {"/acme.v1.Billing": {}}, 'selector "/acme.v1.Billing" must be a'),
    ("methods", {"acme.v1.Billing\n": {}}, "the selector"),
    ("methods", {"\ud800": {}}, "the selector"),
    ("methods[acme.v1.Billing].timeout", {"acme.v1.Billing": {"timeout": 0}}, "greater than 0"),
    ("methods[acme.v1.Billing].budget", {"acme.v1.Billing": {"budget": {}}}, "is not an option"),
    ("methods[acme.v1.Billing]", {"acme.v1.Billing": False}, "must be a dict"),
    ("budget.capacity", {"capacity": 10_001}, "integer from 1 to 10000"),
    ("budget.throttle_cost", {"throttle_cost": 0}, "integer from 1"),
    ("interceptors", [7], "list of interceptors"),
    ("compression.send", {"send": "zstd"}, "one of none, gzip, br"),
    ("compression.min_bytes", {"min_bytes": -1}, "integer from 0"),
    ("http_version", "3", "one of 1.1, 2"),
    ("http_version", 2, "one of 1.1, 2"),
    ("connect_timeout", -1, "greater than 0"),
    ("max_connections", 65_536, "integer from 1 to 65535, got 65536"),
    ("read_max_bytes", -5, r"got a negative number \(-5\)$"),
    ("header_names.tenant", {"tenant": "x tenant"}, "header name"),
    ("header_names.request_id", {"request_id": "Authorization"}, "a meaning of its own"),
    ("header_names.request_id", {"request_id": "x-tenant-id"}, "another header of the SDK"),
    ("preset", "mush", ": did you mean mesh[?]"),
    ("behavior", 2, "one of 1, got 2"),
    ("behavior", True, "one of 1"),
    ("baggage", "color", "list of texts"),
    ("tls.ca", {"ca": "/etc/s3cret.pem"}, "must be PEM"),
    ("tls.cert", {"cert": "s3cret"}, ": did you mean certificate[?]"),
    ("proxy", 7, "an http or https address, or None"),
    ("app_name", "my app", "app/version"),
    ("telemetry", True, "must be False, or made by"),
    ("logger", print, "must be a logging.Logger"),
    ("log_level", "trace", "one of off, error"),
    ("policy", "policy.json", r"must be a document: for the text of a file json\.loads\(text\)"),
    ("transport", print, "transport of pyqwest"),
    ("observer", {}, "must be a function"),
]

CALL: list[tuple[str, object, str]] = [
    ("request_id", "s3cret s3cret", "1 to 128 visible ASCII"),
    ("idempotency_key", "", "1 to 255 printable ASCII"),
    ("idempotency_key", "s3crét", "1 to 255 printable ASCII"),
    ("base_url", "https://other.test", "is not an option"),
]


# `a.b` is the member b of a, unless the value is the whole of a.
def options_of(option: str, value: object) -> dict[str, Any]:
    name, _, member = option.partition(".")
    name = name.partition("[")[0]
    return {name: value if isinstance(value, dict) or not member else {member: value}}


def expect_refusal(error: AmeideError, option: str, rule: str) -> None:
    assert (error.origin, error.reason) == ("client", "CONFIG_INVALID")
    assert [each.field for each in error.field_violations] == [option]
    assert f"option {option}: " in error.message
    assert re.search(rule, error.message)
    assert "s3cr" not in f"{error} {error.to_json()}"


@pytest.mark.parametrize(("option", "value", "rule"), [*SETTINGS, *CLIENT])
def test_wrong_options_of_a_client(option: str, value: object, rule: str) -> None:
    with pytest.raises(AmeideError) as caught:
        check_client_options(options_of(option, value), RULES)
    expect_refusal(caught.value, option, rule)


@pytest.mark.parametrize(("option", "value", "rule"), [*SETTINGS, *CALL])
def test_wrong_settings_of_a_call(option: str, value: object, rule: str) -> None:
    with pytest.raises(AmeideError) as caught:
        check_call_settings(options_of(option, value), RULES)
    expect_refusal(caught.value, option, rule)


def test_a_deadline_and_none_exclude_each_other() -> None:
    both = {"timeout": 1, "no_deadline": True}
    with pytest.raises(AmeideError, match="option no_deadline: excludes timeout"):
        check_call_settings(both, RULES)
    with pytest.raises(AmeideError, match=r"option methods\[a\.B\]\.no_deadline: excl"):
        check_client_options({"methods": {"a.B": both}}, RULES)


class Interceptor:
    async def intercept_unary(self, call_next: Any, request: Any, ctx: Any) -> Any:
        return await call_next(request, ctx)


class HttpTransport:
    def execute_sync(self, request: Any) -> Any:
        return request

    async def execute(self, request: Any) -> Any:
        return request


PEM = "-----BEGIN CERTIFICATE-----\n"

RIGHT: dict[str, Any] = {
    "auth": {"header": "Authorization", "value": "ApiKey k"},
    "tenant": "acme",
    "timeout": timedelta(days=1_000),
    "attempt_timeout": 0.0015,
    "first_message_timeout": 1,
    "idle_timeout": 1e300,
    "no_deadline": False,
    "retry": {
        "max_attempts": 5,
        "base_delay": 0.001,
        "throttle_delay": 0.1 + 0.2,
        "max_delay": timedelta(milliseconds=1),
        "max_server_delay": 1,
        "retryable_codes": ("aborted",),
        "require_idempotency": True,
    },
    "wait_for_ready": True,
    "headers": {"x-a": ""},
    "idempotency_key": "off",
    "deadline_from": lambda: None,
}

RIGHT_OF_A_CLIENT: dict[str, Any] = {
    **RIGHT,
    "base_url": "https://api.test/prefix/",
    "allow_insecure_loopback": True,
    "allow_insecure_hosts": ["orders"],
    "environment_credentials": True,
    "protocol": "connect",
    "format": "binary",
    "registry": Registry(),
    "methods": {"acme.v1.Billing": RIGHT, "acme.v1.Billing/Charge": {}},
    "budget": {"capacity": 10_000, "cost": 1, "throttle_cost": 1},
    "interceptors": [Interceptor()],
    "compression": {"send": "gzip", "accept": "br", "min_bytes": 0},
    "http_version": "1.1",
    "connect_timeout": 1,
    "max_connections": 65_535,
    "http_get": False,
    "read_max_bytes": 1_000,
    "header_names": {"tenant": "x-org", "request_id": "x-id", "idempotency_key": "x-key"},
    "preset": "mesh",
    "mode": "observe",
    "behavior": 1,
    "baggage": ["a"],
    "attempt_spans": True,
    "tls": {"ca": PEM.encode(), "certificate": PEM, "key": PEM},
    "proxy": None,
    "app_name": "shop/1",
    "telemetry": False,
    "logger": logging.getLogger("shop"),
    "log_level": "debug",
    "policy": {},
    "transport": HttpTransport(),
    "observer": print,
}


def test_right_options_of_every_kind() -> None:
    assert set(RIGHT_OF_A_CLIENT) == set(options.ClientOptions.__annotations__)
    check_client_options(RIGHT_OF_A_CLIENT, RULES)
    of_call = {**RIGHT, "request_id": "r", "idempotency_key": "order 7"}
    assert set(of_call) == set(options.CallSettings.__annotations__)
    check_call_settings(of_call, RULES)
    check_drain_options({"timeout": 1}, RULES)
    assert set(RIGHT["retry"]) == set(options.RetryOptions.__annotations__)
    for name, kind in (
        ("budget", options.BudgetOptions),
        ("compression", options.CompressionOptions),
        ("header_names", options.HeaderNames),
        ("tls", options.TlsOptions),
    ):
        assert set(RIGHT_OF_A_CLIENT[name]) == set(kind.__annotations__)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary(max_size=4)
    | st.timedeltas()
    | st.builds(object),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=3)
    ),
    max_leaves=4,
)
OPTION = st.sampled_from(sorted(options.ClientOptions.__annotations__)) | st.text()


@settings(deadline=None)
@given(st.dictionaries(OPTION, ANYTHING, max_size=1))
def test_anything_else_is_refused_as_an_option(junk: dict[str, Any]) -> None:
    refused = None
    try:
        check_client_options(junk, RULES)
    except AmeideError as error:
        refused = error
    assert refused is None or refused.reason == "CONFIG_INVALID"
    assert str(refused).encode()


@pytest.mark.parametrize(
    ("seconds", "ms"),
    [
        (30, 30_000),
        (2.3, 2_300),
        (0.29, 290),
        (0.1 + 0.2, 300),
        (1.5007, 1_500.7),
        (1e-10, 0),
        (1e300, 2**53 - 1),
        (10**400, 2**53 - 1),
        (timedelta(milliseconds=1.5), 1.5),
        (timedelta(days=1), 86_400_000),
    ],
)
def test_seconds_are_milliseconds(seconds: float | timedelta, ms: float) -> None:
    got = options.milliseconds(seconds)
    assert got == ms
    assert isinstance(got, int) == float(ms).is_integer()
