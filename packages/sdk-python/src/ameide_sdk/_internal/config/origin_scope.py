"""What may be sent to an origin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from ameide_sdk._internal.config.base_url import is_of_origin
from ameide_sdk._internal.errors.config_error import config_error
from ameide_sdk._internal.errors.errors import AmeideError
from ameide_sdk._internal.options.environment import Environment
from ameide_sdk._internal.options.option_layers import OptionLayers, without_shadowed
from ameide_sdk._internal.options.options import ClientOptions, TlsOptions


@dataclass(frozen=True, slots=True)
class OriginScope:
    """Scope of what a client may send: only to its own origin.

    Attributes:
        layers: Layers that were made for this origin, nearest first.
        environment: True if the environment's token and tenant are for this origin too.
    """

    origin: str
    layers: OptionLayers = field(repr=False)
    environment: bool


def origin_scope(
    layers: OptionLayers, origin: str, environment: Environment, parent: OriginScope | None
) -> OriginScope:
    """Returns the scope of a client.

    One derived for another origin starts anew: it must state each value that its parent would have
    sent, or state that it sends none.

    Args:
        layers: Layers of the client's options.
        origin: Origin of its base address.
        environment: Settings from the environment.
        parent: Scope of the client that it is derived from.

    Raises:
        AmeideError: CONFIG_INVALID if it leaves open whether to send a value of its parent.
    """
    changes = layers[0]
    own: OptionLayers = (changes,)
    if parent is not None and parent.origin == origin:
        own = (changes, *parent.layers)
    elif parent is not None:
        _refuse_to_carry(changes, parent, environment)
    asked = next(
        (each["environment_credentials"] for each in own if "environment_credentials" in each),
        False,
    )
    return OriginScope(
        origin=origin,
        layers=without_shadowed(own),
        environment=asked or is_of_origin(environment.base_url, origin),
    )


def _refuse_to_carry(changes: ClientOptions, parent: OriginScope, environment: Environment) -> None:
    layers = parent.layers
    token = environment.token if parent.environment else None
    tenant = environment.tenant if parent.environment else None
    asks_environment = changes.get("environment_credentials") is True
    if "auth" not in changes and not asks_environment and _sends("auth", layers, token):
        raise _unstated("auth", "None")
    if "tenant" not in changes and not asks_environment and _sends("tenant", layers, tenant):
        raise _unstated("tenant", "None")
    if "headers" not in changes and any(map(_has_headers, layers)):
        raise _unstated("headers", "{}")
    tls = next((each["tls"] for each in layers if "tls" in each), TlsOptions())
    if "tls" not in changes and ("certificate" in tls or "key" in tls):
        raise _unstated("tls", "{}")


def _unstated(option: str, none: str) -> AmeideError:
    return config_error(
        option,
        "must be stated for another origin, which gets nothing of what was given for the first; "
        f"{none} sends none",
    )


# Reports whether any method sends the value: None of a nearer client revokes a farther setting.
def _sends(name: Literal["auth", "tenant"], layers: OptionLayers, fallback: str | None) -> bool:
    for each in layers:
        if any(settings.get(name) is not None for settings in _of_methods(each)):
            return True
        if name in each:
            return each.get(name) is not None
    return fallback is not None


def _has_headers(options: ClientOptions) -> bool:
    return bool(options.get("headers")) or any(
        settings.get("headers") for settings in _of_methods(options)
    )


def _of_methods(options: ClientOptions) -> Iterator[Any]:
    yield from options.get("methods", {}).values()
