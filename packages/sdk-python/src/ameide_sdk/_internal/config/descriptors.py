"""What descriptors say of services and methods, whichever protobuf runtime a stub is of.

protoc-gen-connectrpc makes stubs over protobuf-py, and by its option `protobuf=google` over
google.protobuf. Here both become the descriptor messages of protobuf-py.
"""

from __future__ import annotations

import inspect
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from protobuf import DescMessage, DescService, Message
from protobuf.wkt.google.protobuf.descriptor_pb import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    MethodDescriptorProto,
    MethodOptions,
    ServiceDescriptorProto,
)

from ameide_sdk._internal.options.options import is_list
from ameide_sdk._internal.policy.policy_table import MethodKind

AnyMethodInfo: TypeAlias = MethodInfo[Any, Any]


@dataclass(frozen=True, slots=True)
class RequestField:
    """One field of a request.

    Attributes:
        local_name: Its name in the class of the message.
        proto: Its descriptor.
    """

    local_name: str
    proto: FieldDescriptorProto


@dataclass(frozen=True, slots=True)
class RequestType:
    """The message that a method takes, by its descriptor."""

    type_name: str
    fields: tuple[RequestField, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """One service.

    Attributes:
        type_name: Full name: `acme.v1.Billing`.
        file: Descriptor of its file; None if it is not known.
        index: Place among the services of the file.
    """

    type_name: str
    file: FileDescriptorProto | None = None
    index: int = 0

    @property
    def proto(self) -> ServiceDescriptorProto | None:
        """Its descriptor; None if it is not known."""
        return None if self.file is None else self.file.service[self.index]

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of its methods, in the order of the proto."""
        return () if self.proto is None else tuple(each.name for each in self.proto.method)

    @property
    def siblings(self) -> tuple[str, ...]:
        """Full names of the services in its file."""
        if self.file is None:
            return ()
        return tuple(_full_name(self.file, each.name) for each in self.file.service)


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """One method. There is one object for it, however often it is called.

    Attributes:
        service: Its service.
        local: Its name in the service: `Charge`.
        name: Full name, as in selectors, spans and errors: `acme.v1.Billing/Charge`.
        kind: Kind, by the sides that stream.
        level: Idempotency level of the proto.
        index: Place among the methods of the service.
        proto: Its descriptor; None if it is not known.
        input: Class of its request.
    """

    service: Service
    local: str
    kind: MethodKind
    level: IdempotencyLevel
    input: type
    name: str = field(init=False)
    index: int = field(init=False)
    proto: MethodDescriptorProto | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", f"{self.service.type_name}/{self.local}")
        known = self.service.proto
        index = self.service.methods.index(self.local) if self.local in self.service.methods else 0
        object.__setattr__(self, "index", index)
        is_known = known is not None and self.local in self.service.methods
        object.__setattr__(self, "proto", known.method[index] if known and is_known else None)

    @property
    def python_name(self) -> str:
        """Its name in Python, if that is no keyword: `list_threads`."""
        return python_name(self.local)

    @property
    def options(self) -> MethodOptions | None:
        """Its options; None if there are none."""
        return None if self.proto is None else self.proto.options


def request_type(method: Method) -> RequestType | None:
    """Returns the message that a method takes; None if its descriptor is not known."""
    return _type_of(method.input)


@lru_cache(maxsize=1_000)
def _type_of(kind: Any) -> RequestType | None:
    if issubclass(kind, Message):
        desc: DescMessage = kind.desc()
        return RequestType(
            desc.type_name,
            tuple(RequestField(each.local_name, each.proto) for each in desc.fields),
        )
    google = getattr(kind, "DESCRIPTOR", None)
    if google is None:
        return None
    proto = _message_in(_file_of(google.file), google)
    return RequestType(
        google.full_name, tuple(RequestField(each.name, each) for each in proto.field)
    )


def method_of(info: AnyMethodInfo, stub: type | None = None) -> Method:
    """Returns the method that a stub calls.

    Args:
        info: What the stub says of the method, at every call anew.
        stub: Class of the stub, whose module knows the descriptor of the service.
    """
    key = (info.service_name, info.name, info.input)
    found = _known.get(key)
    if found is not None:
        return found
    service = _service_of(info, stub)
    made = Method(service, info.name, _KINDS[info.stream_type], info.idempotency_level, info.input)
    with _lock:
        while len(_known) >= _MAX_METHODS:
            del _known[next(iter(_known))]
        return _known.setdefault(key, made)


# More methods than any program calls, unless it creates classes all the time.
_MAX_METHODS = 10_000
_lock = threading.Lock()
_known: dict[tuple[str, str, type], Method] = {}

_KINDS: Mapping[StreamType, MethodKind] = {
    StreamType.UNARY: "unary",
    StreamType.SERVER_STREAM: "server_streaming",
    StreamType.CLIENT_STREAM: "client_streaming",
    StreamType.BIDI_STREAM: "bidi_streaming",
}


def info_of(call: Callable[..., Any]) -> AnyMethodInfo | None:
    """Returns what a generated method says of itself, without a call; None if it is none.

    Args:
        call: A method of a stub, bound or not: `client.list_threads`.
    """
    function = getattr(call, "__func__", call)
    try:
        coroutine = function(_PROBE, None)
        if inspect.iscoroutine(coroutine):
            coroutine.send(None)
    except _FoundError as found:
        return found.info
    return None


def methods_of(stub: type) -> tuple[Method, ...]:
    """Returns the methods of a generated client, in the order of its proto.

    Args:
        stub: The class, or one derived from it.
    """
    for each in stub.__mro__:
        service = re.sub(r"Client(Sync)?$", "", each.__name__)
        # Beside the client of a service its protocol is generated.
        if getattr(_module_of(each).get(service), "_is_protocol", False):
            calls = [call for call in vars(each).values() if inspect.isfunction(call)]
            infos = [info_of(call) for call in calls if not call.__name__.startswith("_")]
            methods = tuple(method_of(info, each) for info in infos if info is not None)
            # A class of the same name may be derived from it.
            if methods:
                return methods
    return ()


def items_of(page: object) -> Sequence[Any]:
    """Returns the elements of a page: its first repeated field (AIP-158)."""
    kind: Any = type(page)
    request = _type_of(kind)
    names = () if request is None else (each.local_name for each in request.fields)
    return next((value for name in names if is_list(value := getattr(page, name, None))), ())


class _FoundError(Exception):
    def __init__(self, info: AnyMethodInfo) -> None:
        super().__init__(info)
        self.info = info


class _Probe:
    """Stands for the stub: a generated method hands what it says of itself to the runtime."""

    def execute_unary(self, *, method: AnyMethodInfo, **_rest: object) -> None:
        raise _FoundError(method)

    execute_client_stream = execute_server_stream = execute_bidi_stream = execute_unary


_PROBE = _Probe()


def _service_of(info: AnyMethodInfo, stub: type | None) -> Service:
    for file in _files(info, stub):
        for index, proto in enumerate(file.service):
            if _full_name(file, proto.name) == info.service_name:
                return Service(info.service_name, file, index)
    return Service(info.service_name)


# Files that may declare the service, the likeliest first. A request may be declared in another one.
def _files(info: AnyMethodInfo, stub: type | None) -> Iterator[FileDescriptorProto]:
    for message in (info.input, info.output):
        google = getattr(message, "DESCRIPTOR", None)
        if issubclass(message, Message):
            yield message.desc().file.proto
        if google is not None:
            try:
                service = google.file.pool.FindServiceByName(info.service_name)
            except KeyError:
                continue
            yield _file_of(service.file)
    local = info.service_name.rpartition(".")[2]
    for each in () if stub is None else stub.__mro__:
        for name in (local, f"{local}_", f"{local}Sync"):
            describe = getattr(_module_of(each).get(name), "desc", None)
            desc = describe() if callable(describe) else None
            if isinstance(desc, DescService):
                yield desc.file.proto


def _module_of(stub: type) -> Mapping[str, Any]:
    return vars(sys.modules[stub.__module__]) if stub.__module__ in sys.modules else {}


def _full_name(file: FileDescriptorProto, name: str) -> str:
    return f"{file.package}.{name}" if file.package else name


def _file_of(google: Any) -> FileDescriptorProto:
    return FileDescriptorProto.from_binary(google.serialized_pb)


def _message_in(file: FileDescriptorProto, google: Any) -> DescriptorProto:
    outer = google.containing_type
    among = file.message_type if outer is None else _message_in(file, outer).nested_type
    return next(each for each in among if each.name == google.name)


def python_name(local: str) -> str:
    """Returns the name that a method has in Python: `list_threads` for `ListThreads`."""
    words = re.sub(r"([^_])([A-Z][a-z]+)", r"\1_\2", local)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()
