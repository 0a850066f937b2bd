"""What the signatures of a client's methods say."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

_STREAMS = frozenset({"AsyncIterator", "Iterator", "AsyncIterable", "Iterable"})

_KINDS = {
    (False, False): "unary",
    (False, True): "server_streaming",
    (True, False): "client_streaming",
    (True, True): "bidi_streaming",
}


@dataclass(slots=True, frozen=True)
class Shape:
    """The kind of a method and the full names of its messages; empty where nothing says them."""

    kind: str
    input: str
    output: str
    streams_input: bool
    request: Any
    """The class of the request; None where nothing says it."""


def methods_of(client: Any) -> Iterator[tuple[str, Shape]]:
    """Goes through the methods of a generated client: those whose first argument is a request."""
    for name, function in sorted(inspect.getmembers(type(client), inspect.isfunction)):
        # By its code, which is there: a signature would be made for each.
        code = function.__code__
        if name.startswith("_") or code.co_varnames[1 : code.co_argcount][:1] != ("request",):
            continue
        said = function.__annotations__
        yield name, _shape(function.__module__, said.get("request"), said.get("return"))


def _shape(module: str, request: object, response: object) -> Shape:
    streams_input, input_ = _message(module, request)
    streams_output, output = _message(module, response)
    return Shape(
        kind=_KINDS[streams_input, streams_output],
        input=_name(input_),
        output=_name(output),
        streams_input=streams_input,
        request=input_,
    )


def _message(module: str, annotation: object) -> tuple[bool, Any]:
    """Whether an annotation is a stream, and the class of its messages."""
    streams, message = _parts_of(str(annotation))
    try:
        return streams, eval(message, vars(sys.modules[module]))
    except NameError:
        return streams, None


@cache
def _parts_of(annotation: str) -> tuple[bool, str]:
    """Whether an annotation is a stream, and what it says of the class of its messages.

    Generated modules import the names of streams for type checkers only, so that they cannot be
    evaluated.
    """
    node = ast.parse(annotation, mode="eval").body
    streams = (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id in _STREAMS
    )
    return streams, ast.unparse(node.slice if isinstance(node, ast.Subscript) else node)


def _name(message: Any) -> str:
    desc = getattr(message, "desc", None)
    return "" if desc is None else str(desc().type_name)
