"""Policies that cannot be carried out for their method."""

from __future__ import annotations

from dataclasses import dataclass

from ameide_sdk._internal.config.descriptors import Method, RequestField
from ameide_sdk._internal.config.request_id_field import find_request_id_field
from ameide_sdk._internal.policy.policy import EffectivePolicy

_PROTO = "proto: "


@dataclass(frozen=True, slots=True)
class Refusal:
    """Reason for which no call of a method can be made.

    Attributes:
        option: Option or fact that is wrong.
    """

    option: str
    rule: str


def refusal_of(
    method: Method, policy: EffectivePolicy
) -> tuple[RequestField | None, Refusal | None]:
    """Checks that a policy can be carried out for its method.

    Protos and documents state facts by name and number, and no compiler checks those against the
    messages.

    Returns:
        The request id field, and what is wrong.
    """
    values, sources = policy.values, policy.sources
    if sources["timeout_ms"].startswith(_PROTO) and (values.timeout_ms or 0) < 1:
        option = _option_of(sources["timeout_ms"], "default_timeout_ms")
        return None, Refusal(option, "must be at least 1")
    if values.request_id_field is None:
        return None, None
    source = sources["request_id_field"]
    by_proto = source.startswith(_PROTO)
    found = find_request_id_field(method, values.request_id_field, by_proto)
    if isinstance(found, RequestField):
        return found, None
    if by_proto:
        return None, Refusal(_option_of(source, "request_id_field"), found)
    return None, Refusal(f"policy.methods[{method.name}].facts.requestIdField", found)


# Names an option by its source, which has the method, and the line of the fact if known.
def _option_of(source: str, name: str) -> str:
    return f"(ameide.policy.v1.{name}) of {source.removeprefix(_PROTO)}"
