"""The descriptors that stubs embed."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING

from protobuf.wkt.google.protobuf.descriptor_pb import FileDescriptorProto, FileDescriptorSet

if TYPE_CHECKING:
    from protobuf import DescFile


def descriptors_of(package: str) -> bytes:
    """Serializes a `google.protobuf.FileDescriptorSet` of all stubs in a package and their imports.

    Args:
        package: Import name of a package that protoc-gen-py wrote into.
    """
    files: dict[str, FileDescriptorProto] = {}

    def add(file: DescFile) -> None:
        if file.name not in files:
            files[file.name] = file.proto
            for dependency in file.dependencies:
                add(dependency)

    root = import_module(package)
    for module in pkgutil.walk_packages(root.__path__, f"{package}."):
        if module.name.endswith("_pb"):
            add(import_module(module.name).desc())
    return FileDescriptorSet(file=list(files.values())).to_binary()
