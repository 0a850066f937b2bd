"""Pairs of contestants whose difference is what the SDK costs. `pnpm bench` knows them by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from contestants import Version, bare_async, bare_sync, sdk_async, sdk_sync
from peers import grpcio_async, grpcio_sync, httpx_async, httpx_sync
from runs import Run

Side: TypeAlias = Callable[[str], Run]
"""Makes a contestant; those of loopback call the server at the address."""

_Make: TypeAlias = Callable[[str | None, Version], Run]


def _in_memory(make: _Make) -> Side:
    return lambda _address: make(None, "1.1")


def _loopback(make: _Make, version: Version) -> Side:
    return partial(_at, make, version)


def _at(make: _Make, version: Version, address: str) -> Run:
    return make(address, version)


ROWS: dict[str, tuple[Side, Side]] = {
    "control": (_in_memory(bare_sync), _in_memory(bare_sync)),
    "sync": (_in_memory(bare_sync), _in_memory(sdk_sync)),
    "async": (_in_memory(bare_async), _in_memory(sdk_async)),
    "loopback_sync_http1": (_loopback(bare_sync, "1.1"), _loopback(sdk_sync, "1.1")),
    "loopback_sync_h2c": (_loopback(bare_sync, "2"), _loopback(sdk_sync, "2")),
    "loopback_async_http1": (_loopback(bare_async, "1.1"), _loopback(sdk_async, "1.1")),
    "loopback_async_h2c": (_loopback(bare_async, "2"), _loopback(sdk_async, "2")),
    "httpx_sync": (_loopback(bare_sync, "1.1"), httpx_sync),
    "grpcio_sync": (_loopback(bare_sync, "2"), grpcio_sync),
    "httpx_async": (_loopback(bare_async, "1.1"), httpx_async),
    "grpcio_async": (_loopback(bare_async, "2"), grpcio_async),
}
"""The two contestants of each row."""
