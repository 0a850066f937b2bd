"""Prints the API report of each public module of a Python package, as one JSON object.

Usage: python scripts/python_api.py FOLDER PACKAGE

FOLDER is where the package lies. A public module has no underscore before its name; what it exports
are the names in its `__all__`. The source is read, not imported.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import griffe

# Members of the language that say how an object may be used.
_SHOWN = frozenset(
    f"__{name}__"
    for name in (
        *("init", "call", "enter", "exit", "aenter", "aexit", "iter", "next", "aiter", "anext"),
        *("await", "len", "getitem", "contains", "eq", "hash", "bool"),
    )
)


def main(folder: str, package: str) -> None:
    """Prints texts and names without a docstring."""
    loader = griffe.GriffeLoader(search_paths=[folder, *sys.path], allow_inspection=False)
    root = loader.load(package)
    # What it hands on of the stubs.
    loader.load("ameide_core_proto.fixtures")
    loader.resolve_aliases(implicit=False, external=False)
    reports: dict[str, str] = {}
    silent: list[str] = []
    for module in _public_modules(root):
        names = sorted(str(name) for name in module.exports or ())
        exported = {name: _target(module[name]) for name in names}
        blocks = ["\n".join(["", *_report(*each)]) for each in exported.items()]
        reports[f"{module.path}.txt"] = "\n".join([f"module {module.path}", *blocks, ""])
        silent += [
            f"{module.path}.{name}"
            for name, each in exported.items()
            if not each.has_docstring and not name.startswith("__")
        ]
    json.dump({"reports": reports, "silent": silent}, sys.stdout)


def _public_modules(root: griffe.Object | griffe.Alias) -> Iterator[griffe.Object]:
    yield _target(root)
    folder = Path(str(root.filepath)).parent
    for name in sorted(path.stem for path in folder.glob("*.py")):
        if not name.startswith("_"):
            yield _target(root[name])


def _target(each: griffe.Object | griffe.Alias) -> griffe.Object:
    return each.final_target if isinstance(each, griffe.Alias) else each


def _report(name: str, each: griffe.Object) -> Iterator[str]:
    if isinstance(each, griffe.Class):
        yield from _class(name, each)
    elif isinstance(each, griffe.Function):
        for overload in each.overloads or [each]:
            yield from _function(name, overload)
    elif isinstance(each, griffe.Attribute):
        yield _attribute(name, each)
    else:
        yield f"{each.kind.value} {name}"


def _class(name: str, cls: griffe.Class) -> Iterator[str]:
    for decorator in cls.decorators:
        yield f"@{decorator.value}"
    bases = ", ".join(str(base) for base in cls.bases)
    yield f"class {name}({bases}):" if bases else f"class {name}:"
    # What the package's own private bases have is theirs, too. The services of a roster follow from
    # the protos, and are in no report of the other SDKs, either.
    members = {**cls.inherited_members, **cls.members}
    targets = [(key, _target(each)) for key, each in sorted(members.items()) if _is_shown(key)]
    shown = [(key, each) for key, each in targets if each.package is cls.package]
    lines = [line for key, member in shown for line in _report(key, member)]
    yield from (f"    {line}" for line in lines or ["..."])


def _is_shown(name: str) -> bool:
    return name in _SHOWN or not name.startswith("_")


def _function(name: str, function: griffe.Function) -> Iterator[str]:
    for decorator in function.decorators:
        yield f"@{decorator.value}"
    returns = "" if function.returns is None else f" -> {function.returns}"
    prefix = "async def" if "async" in function.labels else "def"
    yield f"{prefix} {name}({', '.join(_parameters(function))}){returns}"


def _parameters(function: griffe.Function) -> Iterator[str]:
    kind = griffe.ParameterKind
    last: griffe.ParameterKind | None = None
    for parameter in function.parameters:
        if parameter.kind is not kind.positional_only and last is kind.positional_only:
            yield "/"
        if parameter.kind is kind.keyword_only and last not in (
            kind.keyword_only,
            kind.var_positional,
        ):
            yield "*"
        last = parameter.kind
        stars = {kind.var_positional: "*", kind.var_keyword: "**"}.get(parameter.kind, "")
        text = f"{stars}{parameter.name}"
        if parameter.annotation is not None:
            text += f": {parameter.annotation}"
        if parameter.default is not None and not stars:
            text += f" = {parameter.default}" if ":" in text else f"={parameter.default}"
        yield text
    if last is kind.positional_only:
        yield "/"


def _attribute(name: str, attribute: griffe.Attribute) -> str:
    text = name if attribute.annotation is None else f"{name}: {attribute.annotation}"
    if "property" in attribute.labels:
        return f"@property {text}"
    # The value of a constant is no promise; that of an alias of types is what it is.
    is_alias = "TypeAlias" in str(attribute.annotation)
    return f"{text} = {attribute.value}" if is_alias else text


if __name__ == "__main__":
    main(*sys.argv[1:])
