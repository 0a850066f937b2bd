"""Options of a client over those of the clients that it is derived from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from ameide_sdk._internal.options.options import ClientOptions, is_list, is_mapping

OptionLayers: TypeAlias = tuple[ClientOptions, ...]
"""Layers of a client's options, at least one: its own, then those of the clients that it is derived
from, nearest first."""


def snapshot(options: Mapping[str, Any]) -> ClientOptions:
    """Copies options with the dicts and lists in them: later changes by the caller have no effect.

    A credential and a policy document are kept as they are: clients that are given the same ones
    share what was made of them.
    """
    return cast("ClientOptions", _copied(dict(options)))


# Options that are wrong may contain themselves.
def _copied(value: object, depth: int = 4) -> object:
    if depth > 0 and is_mapping(value):
        return {
            name: each if name in ("auth", "policy") else _copied(each, depth - 1)
            for name, each in value.items()
        }
    return tuple(value) if is_list(value) else value


def without_shadowed(layers: OptionLayers) -> OptionLayers:
    """Removes values that nearer layers override.

    However long a chain of derived clients is, it keeps one value of each option, and no unused
    credential.

    Args:
        layers: Checked layers.
    """
    nearest, *farther = layers
    shadow = _Shadow()
    shadow.add(nearest)
    kept = [nearest]
    for layer in farther:
        rest = shadow.strip(layer)
        shadow.add(layer)
        if rest:
            kept.append(cast("ClientOptions", rest))
    return tuple(kept)


class _Shadow:
    """Values stated by the layers so far."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._retry: set[str] = set()
        self._headers: set[str] = set()
        self._methods: dict[str, _Shadow] = {}

    def add(self, settings: Mapping[str, Any]) -> None:
        for name, value in _stated(settings).items():
            self._names.add(name)
            if name in ("timeout", "no_deadline"):
                self._names.update(("timeout", "no_deadline"))
            elif name == "retry":
                self._retry.update(_members(value))
            elif name == "headers":
                self._headers.update(header.lower() for header in value)
            elif name == "methods":
                for selector, each in value.items():
                    self._of_method(selector).add(each)

    def strip(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        kept = {name: self._rest(name, value) for name, value in _stated(settings).items()}
        return {name: rest for name, rest in kept.items() if rest is not _NOTHING}

    # Returns the part of a value that still counts. An option whose members count one by one stays
    # until all are stated.
    def _rest(self, name: str, value: Any) -> object:
        if name == "retry":
            members = _members(value)
            left = {key: each for key, each in members.items() if key not in self._retry}
            if not left and name in self._names:
                return _NOTHING
            return left if is_mapping(value) else value
        if name == "headers":
            return {
                header: text
                for header, text in value.items()
                if header.lower() not in self._headers
            } or _NOTHING
        if name == "methods":
            rests = {
                selector: self._of_method(selector).strip(self.strip(each))
                for selector, each in value.items()
            }
            return {selector: rest for selector, rest in rests.items() if rest} or _NOTHING
        return _NOTHING if name in self._names else value

    def _of_method(self, selector: str) -> _Shadow:
        return self._methods.setdefault(selector, _Shadow())


_NOTHING = object()


# Retries that are off have no members.
def _members(retry: object) -> Mapping[str, Any]:
    return retry if is_mapping(retry) else {}


# `no_deadline=True` is a statement, False is not.
def _stated(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in settings.items()
        if not (name == "no_deadline" and value is False)
    }
