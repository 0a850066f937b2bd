"""Prints an Inspection of clients that have the suite's service, which has every kind of method."""

from __future__ import annotations

import sys

from ameide_conformance_proto import roster
from ameide_conformance_proto.ameide.manifest.v1.manifest_pb import Inspection
from inspector import inspect_clients

from ameide_sdk import AmeideClient, AsyncAmeideClient


class AsyncSuiteClient(AsyncAmeideClient):
    """The suite's service, async."""

    SERVICES = roster.SERVICES


class SuiteClient(AmeideClient):
    """The suite's service, sync."""

    SERVICES = roster.SERVICES


clients = inspect_clients(AsyncSuiteClient, SuiteClient)
sys.stdout.write(Inspection(sdk="python", clients=clients).to_json())
