"""Selectors that select nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ameide_sdk._internal.config.descriptors import Service, python_name
from ameide_sdk._internal.errors.did_you_mean import nearest_of


@dataclass(frozen=True, slots=True)
class StatedSelectors:
    """Selectors of one `methods` option, or of one document.

    Attributes:
        where: Name of the object that they stand in: `methods`, `policy document`.
    """

    where: str
    selectors: tuple[str, ...]


# Clients may be derived for every request from the same options.
@lru_cache(maxsize=1_000)
def misspelt(service: Service, stated: StatedSelectors) -> tuple[str, ...]:
    """Finds misspelt selectors, as seen from a service that is called.

    That is a method the service does not have, or an unknown service whose name is near to its own.

    Returns:
        A line for each.
    """
    problems = ((selector, _problem_of(service, selector)) for selector in stated.selectors)
    return tuple(
        f"{stated.where}: the selector {selector} selects nothing: {problem}"
        for selector, problem in problems
        if problem is not None
    )


def _problem_of(service: Service, selector: str) -> str | None:
    name, _, method = selector.partition("/")
    if name == service.type_name:
        return no_method(service, method) if method else None
    for each in service.methods:
        if selector in (each, python_name(each)):
            return f"it names no service; did you mean {service.type_name}/{each}?"
    if service.file is None or name in service.siblings:
        return None
    type_name = service.type_name
    # Another version of a service is not a misspelling.
    is_version = _without_digits(name) == _without_digits(type_name)
    is_meant = type_name.endswith(f".{name}") or (
        not is_version and nearest_of(name, [type_name]) is not None
    )
    if not is_meant:
        return None
    return f"{service.file.name} has no service {name}; did you mean {type_name}?"


def no_method(service: Service, name: str) -> str | None:
    """Says what is wrong with a method name of a service; None if nothing is."""
    if service.file is None or name in service.methods:
        return None
    near = nearest_of(name, service.methods)
    hint = "" if near is None else f"; did you mean {near}?"
    return f"{service.type_name} has no method {name}{hint}"


def _without_digits(name: str) -> str:
    return re.sub(r"[0-9]", "", name)
