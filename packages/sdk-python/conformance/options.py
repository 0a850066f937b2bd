"""The options of clients and calls that a case gives, as Python has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ameide_conformance_proto.ameide.conformance.v1.adapter_pb import RunRequest
from ameide_conformance_proto.ameide.conformance.v1.case_pb import (
    Budget,
    ClientSettings,
    KeepAlive,
    Retry,
    Settings,
)
from ameide_conformance_proto.ameide.conformance.v1.service_connect import ConformanceService
from protobuf import DescFieldValueScalar, DescMessage, Message, ScalarType

from interceptors import CaseInterceptor, number
from providers import ProviderContext, auth

_SERVICE = ConformanceService.desc().type_name


def client_options(request: RunRequest, policy: Any, context: ProviderContext) -> dict[str, Any]:
    """Returns the options of a client, as far as the case gives them.

    Args:
        policy: The policy document as it is written; None for none.
        context: What providers and interceptors work with.
    """
    given = (request.given and request.given.client) or ClientSettings()
    options = settings(given.settings, context)
    loopback = given.allow_insecure_loopback if given.has_field("allow_insecure_loopback") else True
    http_version = request.http or given.http_version
    options |= _defined(
        base_url=_base_url(request),
        allow_insecure_loopback=loopback,
        allow_insecure_hosts=given.allow_insecure_hosts or None,
        protocol=request.protocol or None,
        format=request.format or None,
        http_version=None if http_version == "auto" else http_version or None,
        connect_timeout=_seconds(given, "connect_timeout_ms"),
        keep_alive=_keep_alive(given.keep_alive),
        max_connection_age=_seconds(given, "max_connection_age_ms"),
        tls=_defined(
            ca=request.ca or None,
            certificate=request.client_certificate or None,
            key=request.client_key or None,
        )
        or None,
        methods={
            _SERVICE if name == "*" else f"{_SERVICE}/{name}": settings(each, context)
            for name, each in given.methods.items()
        }
        or None,
        preset=given.preset or None,
        mode=given.mode or None,
        behavior=_stated(given, "behavior"),
        policy=policy,
        max_connections=_stated(given, "max_connections"),
        http_get=(given.http_get and request.protocol == "connect") or None,
        environment_credentials=given.environment_credentials or None,
        read_max_bytes=_stated(given, "read_max_bytes"),
        budget=_budget(request, given.budget) or None,
        interceptors=[CaseInterceptor(each, context) for each in given.interceptors] or None,
        attempt_spans=given.attempt_spans or None,
        header_names=dict(given.header_names) or None,
        app_name=given.app_name or None,
        compression=_defined(
            send=given.send_compression or None, accept=given.accept_compression or None
        )
        or None,
        baggage=list(given.baggage) or None,
    )
    if given.unknown_option:
        options[given.unknown_option] = True
    return options


def settings(given: Settings | None, context: ProviderContext) -> dict[str, Any]:
    """Returns the settings of a client, of methods, or of a call."""
    if given is None:
        return {}
    options = _numbers(given)
    if given.no_deadline:
        options["no_deadline"] = True
    if given.retry_off:
        options["retry"] = False
    elif given.retry is not None:
        options["retry"] = _retry(given.retry)
    if given.has_field("wait_for_ready"):
        options["wait_for_ready"] = given.wait_for_ready
    if given.tenant_null:
        options["tenant"] = None
    elif given.has_field("tenant"):
        options["tenant"] = given.tenant
    if given.auth_null:
        options["auth"] = None
    elif given.auth is not None:
        options["auth"] = auth(given.auth, context)
    if given.headers or given.headers_empty:
        options["headers"] = dict(given.headers)
    for name in ("request_id", "idempotency_key"):
        if given.has_field(name):
            options[name] = getattr(given, name)
    if (deadline := _ambient_deadline(given)) is not None:
        options["deadline_from"] = deadline
    return options


def _retry(given: Retry) -> dict[str, Any]:
    options = _numbers(given)
    if given.retryable_codes:
        options["retryable_codes"] = list(given.retryable_codes)
    if given.has_field("require_idempotency"):
        options["require_idempotency"] = given.require_idempotency
    return options


# Options have the names of the fields, without the unit: they are in seconds.
def _numbers(given: Message[Any]) -> dict[str, Any]:
    numbers: dict[str, Any] = {}
    desc: DescMessage = given.desc()
    for field in desc.fields:
        name = field.name
        if (
            isinstance(field.value, DescFieldValueScalar)
            and field.value.scalar is ScalarType.DOUBLE
            and given.has_field(name)
            and name != "ambient_deadline_ms"
        ):
            value = getattr(given, name)
            is_time = name.endswith("_ms")
            numbers[name.removesuffix("_ms")] = value / 1e3 if is_time else number(value)
    return numbers


def _seconds(given: Message[Any], name: str) -> float | None:
    return getattr(given, name) / 1e3 if given.has_field(name) else None


def _stated(given: Message[Any], name: str) -> Any:
    return getattr(given, name) if given.has_field(name) else None


def _budget(request: RunRequest, budget: Budget | None) -> dict[str, Any]:
    budget = budget or Budget()
    given = request.given
    capacity = given and _stated(given, "budget_capacity")
    return _defined(
        capacity=budget.capacity if budget.has_field("capacity") else capacity,
        cost=_stated(budget, "cost"),
        throttle_cost=_stated(budget, "throttle_cost"),
    )


def _keep_alive(given: KeepAlive | None) -> Any:
    if given is None:
        return None
    if given.off:
        return False
    return _defined(
        interval=_seconds(given, "interval_ms"),
        timeout=_seconds(given, "timeout_ms"),
        while_idle=_stated(given, "while_idle"),
    )


class _Served:
    """A request being served."""

    def __init__(self, given: Settings) -> None:
        self._given = given

    @property
    def timeout_ms(self) -> Any:
        """Milliseconds left, or what the case gives instead."""
        if self._given.ambient_deadline_throws:
            raise RuntimeError("the ambient deadline throws, as the case says")
        return self._given.ambient_deadline_text or self._given.ambient_deadline_ms


def _ambient_deadline(given: Settings) -> _Served | None:
    is_stated = (
        given.has_field("ambient_deadline_ms")
        or given.ambient_deadline_text
        or given.ambient_deadline_throws
    )
    return _Served(given) if is_stated else None


# In memory any address will do, including one that the environment gives.
def _base_url(request: RunRequest) -> str | None:
    given = request.given
    own = given.client.base_url if given and given.client else ""
    if own or request.base_url:
        return own or request.base_url
    is_in_environment = given is not None and given.env.get("AMEIDE_BASE_URL")
    return None if is_in_environment else "https://memory.test"


def _defined(**members: Any) -> dict[str, Any]:
    present: Mapping[str, Any] = members
    return {name: value for name, value in present.items() if value is not None}
