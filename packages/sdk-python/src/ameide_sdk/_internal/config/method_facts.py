"""Facts that the proto of a method states."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar

from ameide_core_proto.ameide.policy.v1.policy_pb import (
    AuthMode,
    TenantMode,
    ext_auth,
    ext_default_timeout_ms,
    ext_idempotency_key,
    ext_long_lived,
    ext_request_id_field,
    ext_scopes,
    ext_service_auth,
    ext_service_scopes,
    ext_service_tenant,
    ext_tenant,
    ext_wait_for_ready,
)
from connectrpc.method import IdempotencyLevel
from protobuf import DescEnum, Extension, Registry
from protobuf.wkt.google.protobuf.descriptor_pb import (
    FileDescriptorProto,
    MethodOptions,
    ServiceOptions,
)

from ameide_sdk._internal.config.descriptors import Method, Service
from ameide_sdk._internal.config.proto_place import place_of
from ameide_sdk._internal.policy.policy import Idempotency, PolicyLayer, PolicyValues

_T = TypeVar("_T")


# Clients may be derived for every request, while protos do not change.
@lru_cache(maxsize=10_000)
def method_facts(method: Method, registry: Registry | None = None) -> tuple[PolicyLayer, ...]:
    """Returns the facts that the proto of a method states: a layer for each, named by its place.

    Args:
        method: The method.
        registry: Registry whose descriptor of the method may know lines.
    """
    facts = _Facts(method, _located_in(registry, method))
    level = _IDEMPOTENCY.get(method.level)
    if level is not None:
        facts.state(True, _IDEMPOTENCY_LEVEL, {"idempotency": level})
    facts.state_word(ext_tenant, ext_service_tenant, TenantMode.desc(), "tenant_mode")
    facts.state_word(ext_auth, ext_service_auth, AuthMode.desc(), "auth_mode")
    declared = facts.of_method(ext_scopes)
    scopes = declared or facts.of_service(ext_service_scopes)
    if scopes:
        facts.state(bool(declared), ext_scopes.desc().number, {"scopes": tuple(scopes)})
    facts.state_own(ext_idempotency_key, "carries_idempotency_key")
    facts.state_own(ext_request_id_field, "request_id_field")
    facts.state_own(ext_default_timeout_ms, "timeout_ms")
    facts.state_own(ext_wait_for_ready, "wait_for_ready")
    if facts.of_method(ext_long_lived):
        limits = {"first_message_timeout_ms": None, "idle_timeout_ms": None}
        facts.state(True, ext_long_lived.desc().number, {"long_lived": True, **limits})
    return tuple(facts.found)


def sends_get(method: Method, values: PolicyValues) -> bool:
    """Reports whether the runtime may send a method by GET: it has no side effects.

    A policy revokes what the proto states; a policy alone does not state it, since a server answers
    GET by its own proto.
    """
    return (
        method.level == IdempotencyLevel.NO_SIDE_EFFECTS and values.idempotency == "no_side_effects"
    )


def word_of(desc: DescEnum, number: int) -> str | None:
    """Spells an enum value as options do.

    `IDEMPOTENCY_LEVEL_NO_SIDE_EFFECTS` is `no_side_effects`; None for the zero value, and for one
    that is not known.
    """
    name = next((each.name for each in desc.values if each.number == number), None)
    if number == 0 or name is None:
        return None
    return name.removeprefix(desc.values[0].name.removesuffix("UNSPECIFIED")).lower()


# The numbers of our options are anybody's: docs/decisions/option_numbers.md.
def _imports_policy(file: FileDescriptorProto | None) -> bool:
    return file is not None and TenantMode.desc().file.proto.name in file.dependency


class _Facts:
    """Facts of one method, as they are found."""

    def __init__(self, method: Method, located: Service) -> None:
        self._method = method
        self._located = located
        service = method.service.proto
        is_ours = _imports_policy(method.service.file)
        self._of_method = method.options if is_ours else None
        self._of_service = service.options if service is not None and is_ours else None
        self.found: list[PolicyLayer] = []

    def of_method(self, fact: Extension[MethodOptions, _T]) -> _T | None:
        options = self._of_method
        return None if options is None or fact not in options else options[fact]

    def of_service(self, fact: Extension[ServiceOptions, _T]) -> _T | None:
        options = self._of_service
        return None if options is None or fact not in options else options[fact]

    def state(self, is_own: bool, option: int, values: Mapping[str, Any]) -> None:
        names = self._located.methods
        local = self._method.local
        place = None
        if not is_own:
            place = place_of(self._located.file, self._located.index, None, option)
        elif local in names:
            place = place_of(self._located.file, self._located.index, names.index(local), option)
        stated_by = self._method.name if is_own else self._method.service.type_name
        source = f"proto: {stated_by}" if place is None else f"proto: {stated_by} ({place})"
        self.found.append(PolicyLayer(source, values))

    def state_own(self, fact: Extension[MethodOptions, Any], value: str) -> None:
        stated = self.of_method(fact)
        if stated is not None:
            # An empty name is none.
            self.state(True, fact.desc().number, {value: None if stated == "" else stated})

    # A fact of the method wins over that of the service, also if it says nothing.
    def state_word(
        self,
        fact: Extension[MethodOptions, Any],
        of_service: Extension[ServiceOptions, Any],
        desc: DescEnum,
        value: str,
    ) -> None:
        own = self.of_method(fact)
        stated = self.of_service(of_service) if own is None else own
        word = None if stated is None else word_of(desc, int(stated))
        if word is not None:
            self.state(own is not None, fact.desc().number, {value: word})


# Generated code knows no lines; a registry made from an image may.
def _located_in(registry: Registry | None, method: Method) -> Service:
    found = None if registry is None else registry.service(method.service.type_name)
    if found is None:
        return method.service
    return Service(found.type_name, found.file.proto, list(found.file.services).index(found))


# Number of google.protobuf.MethodOptions.idempotency_level.
_IDEMPOTENCY_LEVEL = 34

_IDEMPOTENCY: Mapping[IdempotencyLevel, Idempotency] = {
    IdempotencyLevel.NO_SIDE_EFFECTS: "no_side_effects",
    IdempotencyLevel.IDEMPOTENT: "idempotent",
}
