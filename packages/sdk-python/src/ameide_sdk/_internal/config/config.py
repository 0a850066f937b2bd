"""What holds for a client and its methods."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar, cast

from protobuf import Registry

from ameide_sdk._internal.auth.auth import Auth
from ameide_sdk._internal.config.base_url import Address, BaseUrlRules, read_base_url
from ameide_sdk._internal.config.descriptors import Method, RequestField
from ameide_sdk._internal.config.method_facts import method_facts, sends_get
from ameide_sdk._internal.config.method_refusal import Refusal, refusal_of
from ameide_sdk._internal.config.origin_scope import OriginScope, origin_scope
from ameide_sdk._internal.config.policy_document import (
    EMPTY_DOCUMENT,
    PolicyDocument,
    read_document,
)
from ameide_sdk._internal.config.selectors import StatedSelectors, misspelt
from ameide_sdk._internal.errors.config_error import config_error
from ameide_sdk._internal.options.check_combinations import check_combinations
from ameide_sdk._internal.options.check_options import check_client_options
from ameide_sdk._internal.options.check_values import OptionRules
from ameide_sdk._internal.options.environment import Environment
from ameide_sdk._internal.options.option_layers import OptionLayers, without_shadowed
from ameide_sdk._internal.options.options import (
    ClientOptions,
    DeadlineSource,
    milliseconds,
    option_name,
)
from ameide_sdk._internal.options.reserved_headers import (
    PolicyHeaders,
    policy_header_names,
    reserved_names,
)
from ameide_sdk._internal.policy.policy import (
    BEHAVIOR_1,
    BEHAVIORS,
    BudgetValues,
    EffectivePolicy,
    PolicyConstants,
    PolicyLayer,
    Preset,
    resolve_policy,
    select,
)
from ameide_sdk._internal.policy.policy_table import MethodKind, defaults_for, names_of

_T = TypeVar("_T")

# More methods than any program calls, unless it creates classes all the time.
_MAX_METHODS = 10_000


@dataclass(frozen=True, slots=True)
class MethodConfig:
    """Configuration of one method, before the settings of a call.

    Attributes:
        method: The method.
        auth: Nearest setting; None for none.
        headers: Names are in lower case.
        request_id_field: Request field that is filled with a UUIDv4 where it is empty.
        refusal: Part of the policy that is impossible, for which every call is refused.
        misspelt: Selectors for this service that select nothing.
        sends_get: True if the runtime may send it by GET: it is free of side effects, and the
            policy says so too.
    """

    method: Method
    policy: EffectivePolicy
    auth: Auth | None = field(repr=False)
    auth_source: str
    tenant: str | None
    tenant_source: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    deadline_from: DeadlineSource | None
    request_id_field: RequestField | None
    refusal: Refusal | None
    misspelt: tuple[str, ...]
    sends_get: bool

    @property
    def name(self) -> str:
        """Full name: `acme.v1.Billing/Charge`."""
        return self.method.name

    @property
    def kind(self) -> MethodKind:
        """Kind of the method, by the sides that stream."""
        return self.method.kind


@dataclass(frozen=True, slots=True)
class ConfigContext:
    """Surroundings in which a configuration is created.

    Attributes:
        environment: Reads the environment, for a maximum number of attempts; None if there is none.
        warn: Receives every selector that selects nothing, at the first call of its service.
        constants: Changed constants, in tests; None for those of the behavior version.
        parent: Configuration of the client that it is derived from.
    """

    environment: Callable[[int], Environment] | None
    warn: Callable[[str], None]
    constants: PolicyConstants | None
    parent: ClientConfig | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Resolver:
    """Facts that the configuration of a method is made of."""

    layers: OptionLayers = field(repr=False)
    scope: OriginScope
    environment: Environment
    document: PolicyDocument
    constants: PolicyConstants
    behavior: int
    preset: Preset
    selectors: tuple[StatedSelectors, ...]
    registry: Registry | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClientConfig:
    """Options of a client, checked and laid over environment and document.

    Attributes:
        layers: Layers that the options of derived clients are laid over.
        options: Nearest value of every option. Settings of calls are combined in `for_method`.
        scope: Scope of what may be sent to the origin.
        withheld: Variables whose values the origin does not get, although code does not set them.
    """

    layers: OptionLayers = field(repr=False)
    options: ClientOptions = field(repr=False)
    base_url: str
    origin: str
    scope: OriginScope
    withheld: tuple[str, ...]
    server_address: str
    server_port: int
    constants: PolicyConstants
    budget: BudgetValues
    header_names: PolicyHeaders
    rules: OptionRules
    environment: Environment
    document: PolicyDocument
    _resolver: _Resolver
    _warn: Callable[[str], None]
    _lock: threading.Lock
    _methods: dict[Method, MethodConfig]
    _warned: set[str]

    @property
    def observe(self) -> bool:
        """True if the policy is only watched."""
        return self.options.get("mode") == "observe"

    @property
    def connect_timeout_ms(self) -> float:
        """Longest time to establish a connection."""
        stated = self.options.get("connect_timeout")
        return self.constants.connect_timeout_ms if stated is None else milliseconds(stated)

    @property
    def read_max_bytes(self) -> int:
        """Largest message to receive."""
        return self.options.get("read_max_bytes", self.constants.read_max_bytes)

    def for_method(self, method: Method, *, calls: bool = True) -> MethodConfig:
        """Returns the configuration of a method, created at its first use.

        Args:
            method: The method.
            calls: True if it is for a call.
        """
        found = self._methods.get(method)
        if found is None:
            made = _resolve(self._resolver, method)
            with self._lock:
                while len(self._methods) >= _MAX_METHODS:
                    del self._methods[next(iter(self._methods))]
                found = self._methods.setdefault(method, made)
        if calls and found.misspelt:
            service = method.service.type_name
            with self._lock:
                is_first = service not in self._warned
                self._warned.add(service)
            for problem in found.misspelt if is_first else ():
                self._warn(problem)
        return found

    def known_methods(self) -> tuple[Method, ...]:
        """Lists the methods called or asked for so far."""
        with self._lock:
            return tuple(self._methods)


def create_config(layers: OptionLayers, context: ConfigContext) -> ClientConfig:
    """Checks options, and prepares everything that does not depend on a call.

    Args:
        layers: Options of the client, then those of its parent's configuration.
        context: Surroundings.

    Raises:
        AmeideError: CONFIG_INVALID naming the option and the rule.
    """
    parent = context.parent
    options = _nearest_options(layers)
    header_names = policy_header_names(options.get("header_names"))
    max_max_attempts = (context.constants or BEHAVIOR_1).max_max_attempts
    reserved = reserved_names(layers, header_names)
    rules = OptionRules(reserved.own, reserved.keys, max_max_attempts)
    # Those of a parent keep their rules, unless the rules have changed.
    is_checked = parent is not None and parent.rules == rules
    for each in layers[:1] if is_checked else layers:
        check_client_options(each, rules)
    read = context.environment
    environment = Environment() if read is None else read(max_max_attempts)
    document = _document_of(options, parent, max_max_attempts)
    address = _base_url(options, environment)
    check_combinations(options, address.scheme)
    scope = origin_scope(
        layers, address.origin, environment, None if parent is None else parent.scope
    )
    behavior = options.get("behavior", document.behavior or 1)
    constants = context.constants or BEHAVIORS[behavior]
    current = without_shadowed(layers)
    budget: dict[str, Any] = {**document.budget, **options.get("budget", {})}
    withheld = (
        ()
        if scope.environment
        else tuple(
            variable
            for variable, value, name in (
                ("AMEIDE_TOKEN", environment.token, "auth"),
                ("AMEIDE_TENANT", environment.tenant, "tenant"),
            )
            if value is not None and name not in options
        )
    )
    return ClientConfig(
        layers=current,
        options=options,
        base_url=str(address),
        origin=address.origin,
        scope=scope,
        withheld=withheld,
        server_address=address.hostname,
        server_port=address.port,
        constants=constants,
        budget=replace(constants.budget, **budget),
        header_names=header_names,
        rules=rules,
        environment=environment,
        document=document,
        _resolver=_Resolver(
            layers=current,
            scope=scope,
            environment=environment,
            document=document,
            constants=constants,
            behavior=behavior,
            preset=options.get("preset", document.preset or "standalone"),
            selectors=_stated_selectors(current, document),
            registry=options.get("registry"),
        ),
        _warn=context.warn,
        _lock=threading.Lock(),
        _methods={},
        _warned=set(),
    )


def _nearest_options(layers: OptionLayers) -> ClientOptions:
    options: dict[str, Any] = {}
    for each in reversed(layers):
        options.update(each)
    return cast("ClientOptions", options)


# Clients may be derived for every request: a document is read once.
def _document_of(
    options: ClientOptions, parent: ClientConfig | None, max_max_attempts: int
) -> PolicyDocument:
    policy = options.get("policy")
    if policy is None:
        return EMPTY_DOCUMENT
    if parent is not None and parent.options.get("policy") is policy:
        return parent.document
    return read_document(policy, max_max_attempts)


def _base_url(options: ClientOptions, environment: Environment) -> Address:
    given = options.get("base_url", environment.base_url)
    if given is None:
        raise config_error("base_url", "is missing; give it, or set AMEIDE_BASE_URL")
    rules = BaseUrlRules(
        option="base_url" if "base_url" in options else "AMEIDE_BASE_URL",
        allow_insecure_loopback=options.get("allow_insecure_loopback", False),
        allow_insecure_hosts=options.get("allow_insecure_hosts", ()),
    )
    return read_base_url(given, rules)


_SETTINGS = tuple((name, option_name(name)) for name in names_of("settings"))
_RETRY = tuple((name, option_name(name)) for name in names_of("retry"))


def policy_part(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the policy part of settings: what they state of `PolicyValues`, by its fields.

    Args:
        settings: Checked settings of a client, a method or a call.
    """
    part = _stated(settings, _SETTINGS)
    if settings.get("no_deadline") is True:
        part["timeout_ms"] = None
    retry = settings.get("retry")
    if retry is False:
        part["retry"] = False
    elif retry is not None:
        part |= {"retry": True, **_stated(retry, _RETRY)}
    return part


def _stated(values: Mapping[str, Any], names: Sequence[tuple[str, str]]) -> dict[str, Any]:
    part: dict[str, Any] = {}
    for name, option in names:
        if option in values:
            value = values[option]
            if name.endswith("_ms"):
                part[name] = milliseconds(value)
            else:
                part[name] = tuple(sorted(value)) if name == "retryable_codes" else value
    return part


@dataclass(frozen=True, slots=True)
class _Sourced(Generic[_T]):
    """A value with its source."""

    source: str
    value: _T


def _resolve(facts: _Resolver, method: Method) -> MethodConfig:
    service, constants, document = method.service.type_name, facts.constants, facts.document
    # A derived client overrides its parent's settings of single methods.
    code = list(_in_code(facts.layers, service, method.local))
    of_origin = list(_in_code(facts.scope.layers, service, method.local))
    policy = resolve_policy(
        [
            PolicyLayer(
                "environment: AMEIDE_SDK_RETRIES",
                {"retry": False} if facts.environment.retries_off else {},
            ),
            *(PolicyLayer(each.source, policy_part(each.value)) for each in code),
            *facts.environment.layers,
            *(
                PolicyLayer(f"policy document: {selector}", values)
                for selector, values in select(document.methods, service, method.local)
            ),
            PolicyLayer("policy document: default", document.default),
            *method_facts(method, facts.registry),
            PolicyLayer(f"preset: {facts.preset}", constants.presets[facts.preset]),
            PolicyLayer(
                f"built-in (behavior {facts.behavior})",
                _by_field(defaults_for(constants.defaults, method.kind)),
            ),
        ]
    )
    request_id_field, refusal = refusal_of(method, policy)
    token = facts.environment.token
    environment_auth: Auth | None = None if token is None else {"token": token}
    auth = _nearest(of_origin, "auth") or _of_environment("AMEIDE_TOKEN", environment_auth, facts)
    tenant = _nearest(of_origin, "tenant") or _of_environment(
        "AMEIDE_TENANT", facts.environment.tenant, facts
    )
    headers: dict[str, str] = {}
    for each in reversed(of_origin):
        # Names in lower case, so that a nearer header replaces a farther one.
        for name, value in each.value.get("headers", {}).items():
            headers[name.lower()] = value
    deadline = _nearest(code, "deadline_from")
    return MethodConfig(
        method=method,
        policy=policy,
        auth=auth.value,
        auth_source=auth.source,
        tenant=tenant.value,
        tenant_source=tenant.source,
        headers=tuple(headers.items()),
        deadline_from=None if deadline is None else deadline.value,
        request_id_field=request_id_field,
        refusal=refusal,
        misspelt=tuple(
            problem for each in facts.selectors for problem in misspelt(method.service, each)
        ),
        sends_get=sends_get(method, policy.values),
    )


# Settings that code states for a method, nearest first.
def _in_code(
    layers: OptionLayers, service: str, method: str
) -> Iterator[_Sourced[Mapping[str, Any]]]:
    for settings in layers:
        for selector, each in select(settings.get("methods", {}), service, method):
            yield _Sourced(f"code: methods[{selector}]", each)
        yield _Sourced("code: client", settings)


def _by_field(values: Any) -> Mapping[str, Any]:
    return {name: getattr(values, name) for name in values.__slots__}


def _nearest(layers: Sequence[_Sourced[Mapping[str, Any]]], name: str) -> _Sourced[Any] | None:
    return next(
        (_Sourced(each.source, each.value[name]) for each in layers if name in each.value), None
    )


# Returns the value that the environment gives for its own base address, unless code overrides it.
def _of_environment(variable: str, value: _T | None, facts: _Resolver) -> _Sourced[_T | None]:
    if value is None:
        return _Sourced("built-in", None)
    if facts.scope.environment:
        return _Sourced(f"environment: {variable}", value)
    why = f"{variable} is for AMEIDE_BASE_URL; environment_credentials=True sends it here"
    return _Sourced(f"built-in ({why})", None)


def _stated_selectors(
    layers: OptionLayers, document: PolicyDocument
) -> tuple[StatedSelectors, ...]:
    in_code = (StatedSelectors("methods", tuple(each.get("methods", ()))) for each in layers)
    in_document = StatedSelectors("policy document", tuple(document.methods))
    return tuple(each for each in (*in_code, in_document) if each.selectors)
