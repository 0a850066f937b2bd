"""Clients of all services of Ameide."""

from __future__ import annotations

from ameide_core_proto import roster

from ameide_sdk._internal.clients.roster_client import AsyncRosterClient, RosterClient


class AsyncAmeideClient(AsyncRosterClient, roster.AsyncServices):
    """Async clients of all services.

    ```python
    async with AsyncAmeideClient("https://api.example.com", auth={"token": token}) as ameide:
        thread = await ameide.threads.create_thread(CreateThreadRequest(title="Hello"))
    ```
    """

    SERVICES = roster.SERVICES


class AmeideClient(RosterClient, roster.Services):
    """Sync clients of all services.

    ```python
    with AmeideClient("https://api.example.com", auth={"token": token}) as ameide:
        thread = ameide.threads.create_thread(CreateThreadRequest(title="Hello"))
    ```
    """

    SERVICES = roster.SERVICES
