"""The inspector of the Python SDK.

It looks at the clients of all services, async and sync, and at the descriptors of the stubs that
are installed, and prints an `ameide.manifest.v1.Inspection` as protobuf JSON. For a roster of
somebody else, `roster_inspector.py` is the program.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from base64 import b64encode
from collections.abc import Iterator
from importlib import import_module

from descriptors import descriptors_of
from inspection import Client, ClientMethod
from shapes import Shape, methods_of

from ameide_sdk import (
    AmeideClient,
    AsyncAmeideClient,
    AsyncRosterClient,
    ClientOptions,
    RosterClient,
)
from calls import Recorder, call_async, call_sync

_NOWHERE = "http://127.0.0.1:9"


def inspect_clients(
    async_class: type[AsyncRosterClient], sync_class: type[RosterClient]
) -> list[Client]:
    """Looks at the clients of all services, async and sync."""
    return [*asyncio.run(_async_clients(async_class)), *_sync_clients(sync_class)]


async def _async_clients(of: type[AsyncRosterClient]) -> list[Client]:
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


def _sync_clients(of: type[RosterClient]) -> list[Client]:
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


def _services_of(client: AsyncRosterClient | RosterClient) -> Iterator[str]:
    """What a client has beyond its class: its services, which it makes at their first touch."""
    own = set(object.__dir__(client))
    yield from (name for name in dir(client) if name not in own and not name.startswith("_"))


def _method(name: str, shape: Shape, recorder: Recorder) -> ClientMethod:
    called = recorder.take()
    return ClientMethod(
        name=name,
        kind=shape.kind,
        input=shape.input,
        output=shape.output,
        procedure="" if called is None else f"{called.service_name}/{called.name}",
        idempotency="" if called is None else called.idempotency_level.name.lower(),
    )


def print_inspection(clients: list[Client], descriptors: bytes) -> None:
    """Prints an `ameide.manifest.v1.Inspection`."""
    inspection = {
        "sdk": "python",
        "clients": [client.to_json() for client in clients],
        "descriptors": b64encode(descriptors).decode(),
    }
    sys.stdout.write(json.dumps(inspection))


def inspect_roster(module: str) -> None:
    """Prints the inspection of a roster, by its import name."""
    services = import_module(module).SERVICES
    clients = inspect_clients(
        type("AsyncRosterClient", (AsyncRosterClient,), {"SERVICES": services}),
        type("RosterClient", (RosterClient,), {"SERVICES": services}),
    )
    print_inspection(clients, descriptors_of(module.rpartition(".")[0]))


if __name__ == "__main__":
    # It ends before collecting garbage pays.
    gc.disable()
    print_inspection(
        inspect_clients(AsyncAmeideClient, AmeideClient), descriptors_of("ameide_core_proto")
    )
