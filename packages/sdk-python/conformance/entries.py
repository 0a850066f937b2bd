"""The ways to make a client."""

from __future__ import annotations

from typing import Any

from ameide_conformance_proto import roster
from ameide_conformance_proto.ameide.conformance.v1.service_connect import (
    ConformanceServiceClient,
    ConformanceServiceClientSync,
)

import ameide_sdk
from ameide_sdk._internal.clients.roster_client import AsyncRosterClient, RosterClient
from constants import GENERIC, ROSTER


class AsyncClients(AsyncRosterClient, roster.AsyncServices):
    """Async clients of the services of the suite."""

    SERVICES = roster.SERVICES


class Clients(RosterClient, roster.Services):
    """Sync clients of the services of the suite."""

    SERVICES = roster.SERVICES


class CaseClient:
    """A client, whichever entry it came through.

    Attributes:
        family: What is derived, drained and closed.
        conformance: The client of the service.
    """

    def __init__(self, family: Any, is_roster: bool) -> None:
        self.family = family
        self._is_roster = is_roster
        self.conformance = family.conformance if is_roster else family

    def derive(self, changes: dict[str, Any]) -> CaseClient:
        """Derives a client that differs in these options."""
        return CaseClient(self.family.derive(**changes), self._is_roster)


def open_client(entry: str, is_async: bool, options: dict[str, Any]) -> CaseClient:
    """Makes a client through an entry of the SDK."""
    base_url = options.pop("base_url", None)
    match entry:
        case _ if entry == GENERIC:
            stub: Any = ConformanceServiceClient if is_async else ConformanceServiceClientSync
            return CaseClient(ameide_sdk.connect(stub, base_url, **options), False)
        case _ if entry == ROSTER:
            clients = AsyncClients if is_async else Clients
            return CaseClient(clients(base_url, **options), True)
        case _:
            raise ValueError(f"there is no entry {entry}")
