"""The methods of clients as functions: for type checkers, and where an RPC has the name of one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar, Unpack, cast, overload

from connectrpc.client import ConnectClient, ConnectClientSync

from ameide_sdk._internal.call.lifetime import DrainResult
from ameide_sdk._internal.config.explain import Explanation
from ameide_sdk._internal.errors.config_error import config_error
from ameide_sdk._internal.options.options import CallSettings, ClientOptions
from ameide_sdk._internal.transport.stub import AsyncShell, Shell, SyncShell

_Stub = TypeVar("_Stub", bound=ConnectClient | ConnectClientSync)


def with_options(client: _Stub, **settings: Unpack[CallSettings]) -> _Stub:
    """Returns a client whose calls have these settings, over those of the given one.

    It is the method `with_options` of a client that `connect` made, for type checkers: they know
    such a client by its generated class.

    ```python
    await with_options(threads, tenant="acme", timeout=0.5).create_thread(request)
    ```

    Args:
        client: A client that `connect` or a roster made.
        **settings: Those of `CallSettings`; they beat all others.

    Raises:
        AmeideError: CONFIG_INVALID for another client, and for a setting when a call is made.
    """
    return cast("_Stub", Shell.with_options(_shell(client), **settings))


def derive(client: _Stub, **options: Unpack[ClientOptions]) -> _Stub:
    """Returns a client with changed options, over those of the given one.

    It is the method `derive` of a client that `connect` made, for type checkers.

    Args:
        client: A client that `connect` or a roster made.
        **options: Those of `ClientOptions`.

    Raises:
        AmeideError: CONFIG_INVALID for another client, or naming option and rule.
    """
    return cast("_Stub", Shell.derive(_shell(client), **options))


def explain(
    client: ConnectClient | ConnectClientSync, method: str | Callable[..., Any]
) -> Explanation:
    """Says what holds for a method, and who said so.

    It is the method `explain` of a client that `connect` made, for type checkers.

    Args:
        client: A client that `connect` or a roster made.
        method: A method of it, or its name (`acme.v1.Billing/Charge`).

    Raises:
        AmeideError: CONFIG_INVALID for another client, or a method that is not known.
    """
    return Shell.explain(_shell(client), method)


@overload
def drain(
    client: ConnectClient, timeout: float | timedelta | None = None
) -> Awaitable[DrainResult]: ...


@overload
def drain(client: ConnectClientSync, timeout: float | timedelta | None = None) -> DrainResult: ...


def drain(
    client: ConnectClient | ConnectClientSync, timeout: float | timedelta | None = None
) -> Awaitable[DrainResult] | DrainResult:
    """Takes no more calls, waits for those that were made, retries included, and closes.

    It is the method `drain` of a client that `connect` made, for type checkers. Of an async client
    it takes no more calls from the moment it is called, even if nobody awaits it.

    Args:
        client: A client that `connect` or a roster made.
        timeout: Longest wait in seconds; then the calls are ended. Default 20.

    Raises:
        AmeideError: CONFIG_INVALID for another client, or a timeout that is none.
    """
    shell = _shell(client)
    if isinstance(shell, AsyncShell):
        return AsyncShell.drain(shell, timeout)
    assert isinstance(shell, SyncShell)
    return SyncShell.drain(shell, timeout)


def _shell(client: object) -> Shell:
    if not isinstance(client, Shell):
        raise config_error("client", "must be one that connect() made", client)
    return client
