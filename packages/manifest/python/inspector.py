"""The inspector of the Python SDK.

It looks at the clients of all services, async and sync, and at the descriptors of the stubs that
are installed, and prints an `ameide.manifest.v1.Inspection` as protobuf JSON.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator

from ameide_conformance_proto.ameide.manifest.v1.manifest_pb import (
    Client,
    ClientMethod,
    Inspection,
)
from descriptors import descriptors_of
from shapes import Shape, methods_of

from ameide_sdk import AmeideClient, AsyncAmeideClient, ClientOptions
from calls import Recorder, call_async, call_sync

_NOWHERE = "http://127.0.0.1:9"


def inspect_clients(
    async_class: type[AsyncAmeideClient], sync_class: type[AmeideClient]
) -> list[Client]:
    """Looks at the clients of all services, async and sync."""
    return [*asyncio.run(_async_clients(async_class)), *_sync_clients(sync_class)]


async def _async_clients(of: type[AsyncAmeideClient]) -> list[Client]:
    recorder = Recorder()
    clients = []
    async with of(_NOWHERE, **_options(recorder)) as ameide:
        for name in _services_of(ameide):
            service = getattr(ameide, name)
            methods = []
            for method, shape in methods_of(service):
                await call_async(getattr(service, method), shape)
                methods.append(_method(method, shape, recorder))
            clients.append(Client(entry=of.__name__, name=name, methods=methods))
    return clients


def _sync_clients(of: type[AmeideClient]) -> list[Client]:
    recorder = Recorder()
    clients = []
    with of(_NOWHERE, **_options(recorder)) as ameide:
        for name in _services_of(ameide):
            service = getattr(ameide, name)
            methods = []
            for method, shape in methods_of(service):
                call_sync(getattr(service, method), shape)
                methods.append(_method(method, shape, recorder))
            clients.append(Client(entry=of.__name__, name=name, methods=methods))
    return clients


def _options(recorder: Recorder) -> ClientOptions:
    return {
        "allow_insecure_loopback": True,
        # Connect has no bidirectional streams over HTTP/1.1.
        "protocol": "grpc",
        "tenant": "inspector",
        "interceptors": [recorder],
    }


def _services_of(client: AsyncAmeideClient | AmeideClient) -> Iterator[str]:
    """What a client has beyond its class: its services, which it makes at their first touch."""
    own = set(object.__dir__(client))
    yield from (name for name in dir(client) if name not in own and not name.startswith("_"))


def _method(name: str, shape: Shape, recorder: Recorder) -> ClientMethod:
    method = ClientMethod(name=name, kind=shape.kind, input=shape.input, output=shape.output)
    called = recorder.take()
    if called is not None:
        method.procedure = f"{called.service_name}/{called.name}"
        method.idempotency = called.idempotency_level.name.lower()
    return method


if __name__ == "__main__":
    inspection = Inspection(
        sdk="python",
        clients=inspect_clients(AsyncAmeideClient, AmeideClient),
        descriptors=descriptors_of("ameide_core_proto"),
    )
    sys.stdout.write(inspection.to_json())
