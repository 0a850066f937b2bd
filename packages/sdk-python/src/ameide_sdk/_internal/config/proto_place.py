"""Places of options in protos."""

from __future__ import annotations

from protobuf.wkt.google.protobuf.descriptor_pb import FileDescriptorProto

# Numbers of FileDescriptorProto, ServiceDescriptorProto and MethodDescriptorProto.
_SERVICE = 6
_METHOD = 2
_SERVICE_OPTIONS = 3
_METHOD_OPTIONS = 4


def place_of(
    file: FileDescriptorProto | None, service: int, method: int | None, option: int
) -> str | None:
    """Returns the place of an option of a service or method: `acme/v1/billing.proto:12`.

    None if the descriptor does not know: images carry source info (`SourceCodeInfo` of
    descriptor.proto), generated code does not.

    Args:
        file: Descriptor of the file.
        service: Index of the service in its file.
        method: Index of the method in its service; None for an option of the service.
        option: Number of the option.
    """
    if file is None or file.source_code_info is None:
        return None
    path = [_SERVICE, service]
    if method is None:
        path += [_SERVICE_OPTIONS, option]
    else:
        path += [_METHOD, method, _METHOD_OPTIONS, option]
    # An option of several parts appears once for each, under a longer path.
    for location in file.source_code_info.location:
        if list(location.path[: len(path)]) == path and location.span:
            return f"{file.name}:{location.span[0] + 1}"
    return None
