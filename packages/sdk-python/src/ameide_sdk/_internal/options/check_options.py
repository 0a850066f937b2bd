"""Checks of what users set."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeGuard

from ameide_core_proto.ameide.policy.v1.policy_pb import ClientPolicy
from protobuf import Message, Registry

from ameide_sdk._internal.auth.credential import (
    CREDENTIAL_RULE,
    TOKEN_RULE,
    is_credential,
    is_token,
)
from ameide_sdk._internal.errors.bounded_text import printable
from ameide_sdk._internal.errors.config_error import config_error, config_errors, duration_fault
from ameide_sdk._internal.options.check_values import (
    BOOLEAN,
    FUNCTION,
    Check,
    OptionRules,
    check_is_object,
    check_of,
    is_list_of,
    is_number,
    member_path,
    object_of,
    one_of,
    quoted,
    rule,
)
from ameide_sdk._internal.options.insecure_hosts import INSECURE_HOST_RULE, is_insecure_host
from ameide_sdk._internal.options.options import is_mapping, option_name
from ameide_sdk._internal.options.reserved_headers import (
    PolicyHeaders,
    has_meaning,
    is_own_header,
    policy_header_names,
    reserved_rule,
)
from ameide_sdk._internal.options.tenant import TENANT_RULE, is_tenant
from ameide_sdk._internal.policy.policy import BEHAVIOR_1, BEHAVIORS
from ameide_sdk._internal.policy.policy_table import BUDGET, CLIENT, POLICY, names_of
from ameide_sdk._internal.runtime.request_id import is_idempotency_key, is_request_id
from ameide_sdk._internal.telemetry.log import LOG_LEVELS, is_logged_header

_HEADER_NAME_PATTERN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_NAME = rule(
    "must be a header name (RFC 9110, section 5.6.2)",
    lambda value: isinstance(value, str) and _HEADER_NAME_PATTERN.fullmatch(value) is not None,
)
_CREDENTIAL = rule(CREDENTIAL_RULE, is_credential)
_TOKEN = rule(TOKEN_RULE, is_token)
_PEM = rule(
    "must be PEM, as a text or bytes: the content of a file, not its name",
    lambda value: (
        (isinstance(value, str) and "-----BEGIN " in value)
        or (isinstance(value, bytes | bytearray) and b"-----BEGIN " in value)
    ),
)


def _checks_of(option: Literal["settings", "retry"]) -> dict[str, Check]:
    return {option_name(name): check_of(name, POLICY[name]) for name in names_of(option)}


def _number(path: str) -> Check:
    return check_of(path, CLIENT[path])


def _tenant(value: object, option: str, _rules: OptionRules) -> None:
    if value is not None and not is_tenant(value):
        raise config_error(option, TENANT_RULE, value)


_RETRY_MEMBERS = object_of(_checks_of("retry"))


def _retry(value: object, option: str, rules: OptionRules) -> None:
    if value is not False:
        check_is_object(value, option, "False or a dict: leave it out for the defaults")
        _RETRY_MEMBERS(value, option, rules)


_AUTH_MEMBERS = object_of(
    {"token": _TOKEN, "header": _HEADER_NAME, "value": _CREDENTIAL, "provider": FUNCTION},
)
_AUTH_RULE = 'must be None, {"token"}, {"header", "value"} or {"provider"}'


def _auth(value: object, option: str, rules: OptionRules) -> None:
    if value is None:
        return
    if callable(value):
        raise config_error(option, 'must be a dict: give the function as {"provider"}')
    if not is_mapping(value):
        raise config_error(option, _AUTH_RULE, value)
    _AUTH_MEMBERS(value, option, rules)
    lower = value.get("header", "authorization").lower()
    if lower != "authorization":
        if is_own_header(lower, rules):
            raise config_error(f"{option}.header", "is a header the SDK sets itself")
        if is_logged_header(lower):
            raise config_error(
                f"{option}.header", "is a header whose value is logged; take another"
            )
    if set(value) not in ({"token"}, {"header", "value"}, {"provider"}):
        raise config_error(option, _AUTH_RULE, value)


_PRINTABLE = re.compile(r"[ -~]*")


def _headers(value: object, option: str, rules: OptionRules) -> None:
    for name, text in check_is_object(value, option, "a dict of names and values").items():
        path = member_path(option, name)
        _HEADER_NAME(name, path, rules)
        reserved = reserved_rule(name, rules)
        if reserved is not None:
            raise config_error(path, reserved)
        if not isinstance(text, str) or _PRINTABLE.fullmatch(text) is None:
            raise config_error(path, "must be printable ASCII on one line", text)


_SETTINGS: Mapping[str, Check] = {
    **_checks_of("settings"),
    "auth": _auth,
    "tenant": _tenant,
    "no_deadline": BOOLEAN,
    "retry": _retry,
    "headers": _headers,
    "deadline_from": rule(
        "must be a function, or have timeout_ms",
        lambda value: callable(value) or "timeout_ms" in dir(value),
    ),
}


def _exclusive(check: Check) -> Check:
    def both(value: object, option: str, rules: OptionRules) -> None:
        check(value, option, rules)
        if is_mapping(value) and value.get("no_deadline") is True and "timeout" in value:
            raise config_error(member_path(option, "no_deadline"), "excludes timeout")

    return both


_CHECK_SETTINGS = _exclusive(object_of(_SETTINGS, "Settings"))
_CHECK_CALL = _exclusive(
    object_of(
        {
            **_SETTINGS,
            "request_id": rule("must be 1 to 128 visible ASCII characters", is_request_id),
            "idempotency_key": rule(
                "must be auto, off, or 1 to 255 printable ASCII", is_idempotency_key
            ),
        },
        "CallSettings",
    )
)

_HEADER_NAMES_MEMBERS = object_of(
    dict.fromkeys(("tenant", "request_id", "idempotency_key"), _HEADER_NAME)
)


def _header_names(value: object, option: str, rules: OptionRules) -> None:
    _HEADER_NAMES_MEMBERS(value, option, rules)
    names = policy_header_names(value)
    seen: set[str] = set()
    for member in PolicyHeaders.__slots__:
        lower: str = getattr(names, member)
        if has_meaning(lower):
            raise config_error(f"{option}.{member}", "is a header with a meaning of its own")
        if lower in seen:
            raise config_error(f"{option}.{member}", "is the name of another header of the SDK")
        seen.add(lower)


def _methods(value: object, option: str, rules: OptionRules) -> None:
    for selector, entry in check_is_object(
        value, option, "a dict of selectors and settings"
    ).items():
        if not isinstance(selector, str) or not is_selector(selector):
            raise config_error(option, selector_rule(str(selector)))
        _CHECK_SETTINGS(entry, f"{option}[{selector}]", rules)


_SELECTOR = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(/[A-Za-z_]\w*)?", re.ASCII)


def is_selector(selector: str) -> bool:
    """Reports whether a text is a selector.

    That is a service (`acme.v1.Billing`) or a method (`acme.v1.Billing/Charge`).
    """
    return _SELECTOR.fullmatch(selector) is not None


# Longest shown part of a selector that breaks its rule.
_MAX_SHOWN = 64


def selector_rule(selector: str) -> str:
    """States the rule of `is_selector`, for a selector that breaks it."""
    shown = quoted(printable(selector), _MAX_SHOWN)
    return (
        f"the selector {shown} must be a service (acme.v1.Billing) or service/method "
        "(acme.v1.Billing/Charge)"
    )


def is_client_policy(value: object) -> TypeGuard[Message]:
    """Reports whether a value is a policy document as a message, of whichever copy of its stub."""
    return isinstance(value, Message) and value.desc().type_name == ClientPolicy.desc().type_name


# The hooks of connectrpc's interceptors.
_INTERCEPTS = tuple(
    f"{hook}{suffix}"
    for hook in (
        "intercept_unary",
        "intercept_client_stream",
        "intercept_server_stream",
        "intercept_bidi_stream",
        "on_start",
    )
    for suffix in ("", "_sync")
)


def _has_method(value: object, names: Iterable[str]) -> bool:
    return any(callable(getattr(value, name, None)) for name in names)


_APP_NAME = re.compile(r"[!-.0-~]+/[!-.0-~]+")
_LOG_METHODS = ("error", "warning", "info", "debug")

_CHECK_CLIENT = _exclusive(
    object_of(
        {
            **_SETTINGS,
            "base_url": rule("must be a URL", lambda value: isinstance(value, str)),
            "allow_insecure_loopback": BOOLEAN,
            "allow_insecure_hosts": rule(
                INSECURE_HOST_RULE, lambda value: is_list_of(value, is_insecure_host)
            ),
            "environment_credentials": BOOLEAN,
            "protocol": one_of("connect", "grpc", "grpc-web"),
            "format": one_of("binary", "json"),
            "registry": rule(
                "must be a Registry of protobuf-py", lambda value: isinstance(value, Registry)
            ),
            "methods": _methods,
            "budget": object_of({name: check_of(name, row) for name, row in BUDGET.items()}),
            "interceptors": rule(
                "must be a list of interceptors of connectrpc",
                lambda value: is_list_of(value, lambda each: _has_method(each, _INTERCEPTS)),
            ),
            "compression": object_of(
                {
                    "send": one_of("none", "gzip", "br"),
                    "accept": one_of("none", "gzip", "br"),
                    "min_bytes": _number("compression.min_bytes"),
                }
            ),
            "http_version": one_of("1.1", "2"),
            "connect_timeout": _number("connect_timeout_ms"),
            "max_connections": _number("max_connections"),
            "http_get": BOOLEAN,
            "read_max_bytes": _number("read_max_bytes"),
            "header_names": _header_names,
            "preset": one_of(*BEHAVIOR_1.presets),
            "mode": one_of("enforce", "observe"),
            "behavior": one_of(*BEHAVIORS),
            "baggage": rule(
                "must be a list of texts",
                lambda value: is_list_of(value, lambda each: isinstance(each, str)),
            ),
            "attempt_spans": BOOLEAN,
            "tls": object_of(dict.fromkeys(("ca", "certificate", "key"), _PEM)),
            "proxy": rule(
                "must be an http or https address, or None",
                lambda value: value is None or isinstance(value, str),
            ),
            "app_name": rule(
                "must be app/version in visible ASCII",
                lambda value: isinstance(value, str) and _APP_NAME.fullmatch(value) is not None,
            ),
            "telemetry": rule(
                "must be False, or made by open_telemetry()",
                lambda value: value is False or _has_method(value, ("begin",)),
            ),
            "logger": rule(
                "must be a logging.Logger",
                lambda value: all(_has_method(value, (name,)) for name in _LOG_METHODS),
            ),
            "log_level": one_of(*LOG_LEVELS),
            "policy": rule(
                "must be a document: for the text of a file json.loads(text), not its name",
                lambda value: is_mapping(value) or is_client_policy(value),
            ),
            "transport": rule(
                "must be a transport of pyqwest",
                lambda value: _has_method(value, ("execute", "execute_sync")),
            ),
            "observer": FUNCTION,
        },
        "ClientOptions",
    )
)


def check_client_options(options: Mapping[str, Any], rules: OptionRules) -> None:
    """Checks the options of a client.

    Raises:
        AmeideError: CONFIG_INVALID naming the option and the rule.
    """
    _CHECK_CLIENT(options, "", rules)


_CHECK_DRAIN = object_of({"timeout": _number("drain.timeout_ms")})


def check_drain_options(options: Mapping[str, Any], rules: OptionRules) -> None:
    """Checks the options of draining a client."""
    _CHECK_DRAIN(options, "drain", rules)


def check_duration_ms(value: object, option: str) -> None:
    """Checks the runtime's own timeout of a call, in milliseconds."""
    if not is_number(value) or value <= 0:
        text = "must be a finite number of milliseconds greater than 0"
        raise config_errors([duration_fault(option, text, value)])


def check_call_settings(options: Mapping[str, Any], rules: OptionRules) -> None:
    """Checks the settings of a call."""
    _CHECK_CALL(options, "", rules)
