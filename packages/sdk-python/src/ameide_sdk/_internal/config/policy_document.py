"""Policy documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from ameide_core_proto.ameide.policy.v1.policy_pb import (
    ClientPolicy,
    LogLevel,
    MethodFacts,
    MethodPolicy,
)
from ameide_core_proto.ameide.policy.v1.policy_pb import Preset as PresetWord
from protobuf import DescField, DescFieldValueEnum, Message, message_from_json_value

from ameide_sdk._internal.config.json_document import Unknown, read_json
from ameide_sdk._internal.config.method_facts import word_of
from ameide_sdk._internal.config.unknown_fields import unknown_in_message, unknown_names
from ameide_sdk._internal.errors.config_error import (
    CODE_NAMES,
    Fault,
    config_errors,
    config_fault,
    is_code,
    naming_config_fault,
)
from ameide_sdk._internal.options.check_options import (
    is_client_policy,
    is_selector,
    selector_rule,
)
from ameide_sdk._internal.policy.policy import BEHAVIORS, Preset
from ameide_sdk._internal.policy.policy_table import BOUNDS, BUDGET, ROWS, PolicyRow, bounds_of
from ameide_sdk._internal.telemetry.log import LogLevel as LogLevelName


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """Policy document, once it is read.

    Attributes:
        behavior: Version of the built-in defaults.
        default: Part of a policy for every method.
        methods: Parts of a policy by selector.
        unknown_fields: Paths of fields that this version does not know; they are ignored.
    """

    behavior: int | None = None
    preset: Preset | None = None
    default: Mapping[str, Any] = field(default_factory=dict[str, Any])
    methods: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    budget: Mapping[str, int] = field(default_factory=dict[str, int])
    log_level: LogLevelName | None = None
    unknown_fields: tuple[str, ...] = ()


EMPTY_DOCUMENT = PolicyDocument()
"""Policy document that states nothing."""


def read_document(policy: Message | Mapping[str, Any], max_max_attempts: int) -> PolicyDocument:
    """Reads a policy document.

    Unknown fields are ignored, so that an older SDK can read a newer document.

    Args:
        policy: The document, as a message or as JSON data.
        max_max_attempts: Maximum number of attempts a policy may ask for.

    Raises:
        AmeideError: CONFIG_INVALID if values are out of their bounds, naming all.
    """
    reader = _Reader(max_max_attempts)
    document = reader.read(policy)
    faults = tuple(reader.faults.values())
    if faults:
        told = [
            replace(each, option=f"policy.{each.option}".removesuffix("."))
            for each in faults[: BOUNDS.max_faults]
        ]
        raise config_errors(told, len(faults))
    return document


def _fields() -> Iterator[tuple[str, PolicyRow, str, DescField]]:
    for name, row in ROWS:
        if row.in_document:
            prefix, dot, field_name = (row.field or name).rpartition(".")
            fields = (MethodFacts if prefix else MethodPolicy).desc().fields
            at = next(each for each in fields if each.name == field_name)
            yield name, row, prefix + dot, at


# Values that a document may state, each with its field, and what precedes that in paths.
_FIELDS = tuple(_fields())

_SELECTS_NOTHING = "is empty, which selects nothing"


class _Reader:
    def __init__(self, max_max_attempts: int) -> None:
        self._max_max_attempts = max_max_attempts
        # Faults by option: several selectors that share a fact give one.
        self.faults: dict[str, Fault] = {}

    def read(self, policy: Message | Mapping[str, Any]) -> PolicyDocument:
        message, unknown = self._parse(policy)
        budget = self._budget(message)
        methods, unselecting = self._methods(message)
        default = {} if message.default is None else self._part(message.default, "default")
        self._refuse_request_id_field(default, "default")
        behavior = message.behavior if message.has_field("behavior") else None
        if behavior is not None and behavior not in BEHAVIORS:
            rule = f"must be one of {', '.join(map(str, BEHAVIORS))}"
            self._add(naming_config_fault("behavior", rule, behavior))
        return PolicyDocument(
            behavior=behavior,
            preset=cast("Preset | None", word_of(PresetWord.desc(), int(message.preset))),
            default=default,
            methods=methods,
            budget=budget,
            log_level=cast("LogLevelName | None", word_of(LogLevel.desc(), int(message.log_level))),
            # A newer document may select in ways that this version does not know.
            unknown_fields=unknown_names((*unknown, *unselecting)),
        )

    def _parse(
        self, policy: Message | Mapping[str, Any]
    ) -> tuple[ClientPolicy, tuple[Unknown, ...]]:
        if is_client_policy(policy):
            message = ClientPolicy.from_binary(policy.to_binary())
            return message, unknown_in_message(message)
        read = read_json(ClientPolicy.desc(), policy)
        for fault in read.wrong:
            self._add(fault)
        return message_from_json_value(ClientPolicy, read.json), read.unknown

    def _add(self, fault: Fault) -> None:
        self.faults[fault.option] = fault

    def _bounded(self, value: int, least: int, most: int, option: str) -> int:
        if not least <= value <= most:
            rule = f"must be an integer from {least} to {most}"
            self._add(naming_config_fault(option, rule, value))
        return value

    def _budget(self, message: ClientPolicy) -> dict[str, int]:
        stated = message.budget
        budget: dict[str, int] = {}
        for each in () if stated is None else stated.desc().fields:
            if stated is not None and each in stated:
                bounds = bounds_of(BUDGET[each.name], self._max_max_attempts)
                path = f"budget.{each.json_name}"
                budget[each.name] = self._bounded(stated[each], *bounds, path)
        return budget

    def _methods(
        self, message: ClientPolicy
    ) -> tuple[dict[str, Mapping[str, Any]], Sequence[Unknown]]:
        methods: dict[str, Mapping[str, Any]] = {}
        unselecting: list[Unknown] = []
        for i, entry in enumerate(message.methods):
            path = f"methods[{i}]"
            stated = entry.policy
            part = {} if stated is None else self._part(stated, f"{path}.policy")
            if not entry.selectors:
                unselecting.append(Unknown(f"{path}.selectors", why=_SELECTS_NOTHING))
            for j, selector in enumerate(entry.selectors):
                if not is_selector(selector):
                    self._add(config_fault(f"{path}.selectors[{j}]", selector_rule(selector)))
                    continue
                if "/" not in selector:
                    self._refuse_request_id_field(part, f"{path}.policy")
                methods[selector] = {**part, **methods.get(selector, {})}
        return methods, unselecting

    def _part(self, policy: MethodPolicy, path: str) -> dict[str, Any]:
        part: dict[str, Any] = {}
        for name, row, prefix, at in _FIELDS:
            message: Message | None = policy.facts if prefix else policy
            if message is not None and at in message:
                value = self._value(row, at, message[at], f"{path}.{prefix}{at.json_name}")
                if value is not _NOT_STATED:
                    part[name] = value
        return part

    def _value(self, row: PolicyRow, at: DescField, value: Any, path: str) -> Any:
        if row.is_ in ("timeout", "integer"):
            return self._bounded(value, *bounds_of(row, self._max_max_attempts), path)
        if isinstance(at.value, DescFieldValueEnum):
            return word_of(at.value.enum, int(value)) or _NOT_STATED
        if row.is_ == "codes":
            return self._codes(value, path)
        return value or None if row.is_ == "text" else value

    def _codes(self, codes: Sequence[str], path: str) -> tuple[str, ...]:
        for i, code in enumerate(codes):
            if not is_code(code):
                rule = "must be a code in Connect's spelling, such as aborted"
                self._add(naming_config_fault(f"{path}[{i}]", rule, code, CODE_NAMES))
        return tuple(sorted(codes))

    # A request id field belongs to one method's request, and has to be stated for that method.
    def _refuse_request_id_field(self, part: Mapping[str, Any], path: str) -> None:
        if part.get("request_id_field") is not None:
            rule = "is for selectors of single methods, such as acme.v1.Billing/Charge"
            self._add(config_fault(f"{path}.facts.requestIdField", rule))


_NOT_STATED = object()
