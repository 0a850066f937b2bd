"""What descriptors say of methods, over both protobuf runtimes."""

from __future__ import annotations

import subprocess
import sys
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from ameide_core_proto.ameide.policy.v1.policy_pb import (
    ext_default_timeout_ms,
    ext_request_id_field,
)
from ameide_core_proto.ameide.threads.v1.threads_connect import (
    ThreadsServiceClient,
    ThreadsServiceClientSync,
)
from ameide_core_proto.ameide.threads.v1.threads_pb import CreateThreadRequest, ListThreadsResponse
from ameide_core_proto.google.api.field_info_pb import FieldInfo, ext_field_info
from ameide_core_proto.image import read_image
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from google.protobuf import (  # type: ignore[import-untyped]
    descriptor_pool,
    message_factory,
)
from google.protobuf.compiler import plugin_pb2  # type: ignore[import-untyped]
from google.protobuf.descriptor_pb2 import FileDescriptorSet  # type: ignore[import-untyped]
from protobuf.wkt.google.protobuf.descriptor_pb import (
    FieldDescriptorProto,
    FieldOptions,
    FileDescriptorProto,
    MethodDescriptorProto,
    MethodOptions,
    ServiceDescriptorProto,
)

from ameide_sdk._internal.config import request_id_field
from ameide_sdk._internal.config.descriptors import (
    Method,
    RequestField,
    RequestType,
    Service,
    info_of,
    items_of,
    method_of,
    methods_of,
    request_type,
)
from ameide_sdk._internal.config.method_facts import method_facts
from ameide_sdk._internal.config.method_refusal import refusal_of
from ameide_sdk._internal.config.proto_place import place_of
from ameide_sdk._internal.config.request_id_field import find_request_id_field
from ameide_sdk._internal.policy.policy import BEHAVIOR_1, PolicyLayer, resolve_policy

THREADS = "ameide/threads/v1/threads.proto"


# A stub as protoc-gen-connectrpc makes it by `protobuf=google`, over messages that are made at run
# time instead of by protoc.
@pytest.fixture(scope="module")
def google_stub() -> Iterator[types.ModuleType]:
    image = FileDescriptorSet.FromString(read_image())
    request = plugin_pb2.CodeGeneratorRequest(
        file_to_generate=[THREADS], parameter="protobuf=google", proto_file=image.file
    )
    plugin = Path(sys.executable).parent / "protoc-gen-connectrpc"
    made = subprocess.run(
        [plugin], input=request.SerializeToString(), capture_output=True, check=True
    )
    (generated,) = plugin_pb2.CodeGeneratorResponse.FromString(made.stdout).file
    pool = descriptor_pool.DescriptorPool()
    for each in image.file:
        pool.AddSerializedFile(each.SerializeToString())
    messages = types.ModuleType("googlestub.threads_pb2")
    for name, desc in pool.FindFileByName(THREADS).message_types_by_name.items():
        setattr(messages, name, message_factory.GetMessageClass(desc))
    stub = types.ModuleType("googlestub.threads_connect")
    stub.__package__ = "googlestub"
    package = types.ModuleType("googlestub")
    package.__path__ = []
    modules = {each.__name__: each for each in (package, messages, stub)}
    sys.modules.update(modules)
    exec(compile(generated.content, generated.name, "exec"), stub.__dict__)
    yield stub
    for name in modules:
        del sys.modules[name]


def test_stubs_of_both_runtimes_say_the_same(google_stub: types.ModuleType) -> None:
    ours = methods_of(ThreadsServiceClient)
    googles = methods_of(google_stub.ThreadsServiceClient)
    assert len(ours) == 7
    for own, google in zip(ours, googles, strict=True):
        assert (own.name, own.kind, own.level) == (google.name, google.kind, google.level)
        assert method_facts(own) == method_facts(google)
        assert own.service.methods == google.service.methods
        shapes = [
            (shape.type_name, [(each.local_name, each.proto.type) for each in shape.fields])
            for shape in map(request_type, (own, google))
            if shape is not None
        ]
        assert shapes[0] == shapes[1]
    page = google_stub.ListThreadsResponse()
    page.threads.add(title="t")
    assert [each.title for each in items_of(page)] == ["t"]


def test_a_stub_has_its_methods_once() -> None:
    methods = methods_of(ThreadsServiceClient)
    assert methods == methods_of(ThreadsServiceClientSync)
    assert [each.python_name for each in methods[:2]] == ["create_thread", "get_thread"]
    info = info_of(ThreadsServiceClient.create_thread)
    assert info is not None
    assert method_of(info, ThreadsServiceClient) is methods[0]


def test_a_class_derived_from_a_stub_has_the_methods_of_the_stub() -> None:
    class Client(ThreadsServiceClient):
        def erase(self) -> None:
            raise AssertionError("a method of the user is called")

    namesake = type("ThreadsServiceClient", (Client,), {"__module__": Client.__base__.__module__})
    assert methods_of(Client) == methods_of(ThreadsServiceClient) == methods_of(namesake)
    assert methods_of(object) == ()


def test_a_method_without_a_descriptor_states_what_its_stub_does() -> None:
    class Request:
        pass

    info = MethodInfo(
        name="Charge",
        service_name="acme.v1.Billing",
        input=Request,
        output=Request,
        idempotency_level=IdempotencyLevel.IDEMPOTENT,
        stream_type=StreamType.UNARY,
    )
    method = method_of(info)
    assert method_of(info) is method
    assert method_facts(method) == (
        PolicyLayer("proto: acme.v1.Billing/Charge", {"idempotency": "idempotent"}),
    )
    problem = find_request_id_field(method, "id", by_proto=False)
    assert problem == '"id" cannot be found: acme.v1.Billing/Charge has no descriptor'


def test_the_place_of_a_fact_is_told_by_an_image() -> None:
    image = FileDescriptorSet.FromString(read_image())
    (google,) = (each for each in image.file if each.name == THREADS)
    file = FileDescriptorProto.from_binary(google.SerializeToString())
    service = next(
        index for index, each in enumerate(file.service) if each.name == "ThreadsService"
    )
    lines = (Path(__file__).parents[3] / "proto" / THREADS).read_text().splitlines()
    for method, option, text in (
        (0, 50813, "idempotency_key"),
        (None, 50811, "service_tenant"),
    ):
        place = place_of(file, service, method, option)
        assert place is not None
        name, _, line = place.rpartition(":")
        assert name == THREADS
        assert f"(ameide.policy.v1.{text})" in lines[int(line) - 1]
    assert place_of(file, service, 0, 50814) is None
    assert method_facts(methods_of(ThreadsServiceClient)[0])[0].source.endswith("ThreadsService")


POLICY = "ameide/policy/v1/policy.proto"


def transfer(options: MethodOptions, *, imports: Sequence[str] = (POLICY,)) -> Method:
    proto = MethodDescriptorProto(name="Transfer", options=options)
    file = FileDescriptorProto(
        name="acme/v1/bank.proto",
        package="acme.v1",
        dependency=list(imports),
        service=[ServiceDescriptorProto(name="Bank", method=[proto])],
    )
    service = Service("acme.v1.Bank", file)
    return Method(service, "Transfer", "unary", IdempotencyLevel.UNKNOWN, CreateThreadRequest)


def field(**more: Any) -> FieldDescriptorProto:
    options = FieldOptions()
    options[ext_field_info] = FieldInfo(format=more.pop("format", FieldInfo.Format.UUID4))
    kind = more.pop("type", FieldDescriptorProto.Type.STRING)
    return FieldDescriptorProto(name="id", type=kind, options=options, **more)


def problem_of(one: FieldDescriptorProto, monkeypatch: pytest.MonkeyPatch) -> object:
    shape = RequestType("acme.v1.Request", (RequestField("id", one),))
    monkeypatch.setattr(request_id_field, "request_type", lambda _method: shape)
    return find_request_id_field(transfer(MethodOptions()), "id", by_proto=True)


@pytest.mark.parametrize(
    ("one", "rule"),
    [
        (field(type=FieldDescriptorProto.Type.BYTES), "must be one string"),
        (field(label=FieldDescriptorProto.Label.REPEATED), "must be one string"),
        (field(oneof_index=0), "outside of any oneof"),
        (field(format=FieldInfo.Format.IPV4), "must have (google.api.field_info).format = UUID4"),
        (FieldDescriptorProto(name="id", type=FieldDescriptorProto.Type.STRING), "must have (goo"),
    ],
)
def test_a_request_id_field_that_cannot_be_filled(
    one: FieldDescriptorProto, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = problem_of(one, monkeypatch)
    assert isinstance(problem, str)
    assert rule in problem


@pytest.mark.parametrize("one", [field(), field(oneof_index=0, proto3_optional=True)])
def test_a_request_id_field_that_can(
    one: FieldDescriptorProto, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert problem_of(one, monkeypatch) == RequestField("id", one)


def refusal(options: MethodOptions) -> str:
    method = transfer(options)
    values = {name: getattr(BEHAVIOR_1.defaults, name) for name in BEHAVIOR_1.defaults.__slots__}
    policy = resolve_policy([*method_facts(method), PolicyLayer("built-in", values)])
    _, found = refusal_of(method, policy)
    assert found is not None
    return f"{found.option}: {found.rule}"


def test_facts_that_cannot_be_carried_out() -> None:
    options = MethodOptions()
    options[ext_default_timeout_ms] = 0
    assert refusal(options) == (
        "(ameide.policy.v1.default_timeout_ms) of acme.v1.Bank/Transfer: must be at least 1"
    )
    named = MethodOptions()
    named[ext_request_id_field] = f"\x1b[2J\n{'x' * 5_000}"
    text = refusal(named)
    assert r'"\u001b[2J\n' in text
    assert len(text) < 300


def test_an_option_of_somebody_else_that_has_the_number_of_ours_is_none() -> None:
    options = MethodOptions()
    options[ext_default_timeout_ms] = 5
    assert method_facts(transfer(options, imports=())) == ()
    assert len(method_facts(transfer(options))) == 1


def test_items_are_those_of_the_first_repeated_field() -> None:
    assert list(items_of(ListThreadsResponse(next_page_token="t"))) == []
    assert list(items_of(object())) == []
