"""The Python SDK of Ameide: retries, deadlines, credentials and tracing under generated clients.

`connect` makes a client of one service from a class that protoc-gen-connectrpc generated, async or
sync; `AsyncAmeideClient` and `AmeideClient` have all services of Ameide, classes derived from
`AsyncRosterClient` and `RosterClient` those of a roster of yours.
"""

from __future__ import annotations

from ameide_sdk._internal.auth.auth import AccessToken, Auth, TokenProvider, TokenRequest
from ameide_sdk._internal.call.attempt_interceptor import AttemptInfo, attempt_info
from ameide_sdk._internal.call.lifetime import DrainResult
from ameide_sdk._internal.call.response_metadata import ResponseMetadata
from ameide_sdk._internal.clients.client import AmeideClient, AsyncAmeideClient
from ameide_sdk._internal.clients.paginate import AsyncPages, Pages, paginate
from ameide_sdk._internal.clients.roster_client import AsyncRosterClient, RosterClient
from ameide_sdk._internal.config.explain import Explanation
from ameide_sdk._internal.errors.errors import AmeideError, AttemptFailure
from ameide_sdk._internal.options.ambient_deadline import deadline_from
from ameide_sdk._internal.options.options import CallSettings, ClientOptions
from ameide_sdk._internal.runtime.version import VERSION as __version__
from ameide_sdk._internal.telemetry.log import LogLevel
from ameide_sdk._internal.telemetry.observer import (
    AttemptFailed,
    AttemptStarted,
    CallEvent,
    Done,
    Observer,
    Waiting,
    WouldHave,
)
from ameide_sdk._internal.telemetry.telemetry import Telemetry, open_telemetry
from ameide_sdk._internal.transport.client_functions import derive, drain, explain, with_options
from ameide_sdk._internal.transport.streams import AsyncStream, SyncStream
from ameide_sdk._internal.transport.stub import connect

__all__ = [
    "AccessToken",
    "AmeideClient",
    "AmeideError",
    "AsyncAmeideClient",
    "AsyncPages",
    "AsyncRosterClient",
    "AsyncStream",
    "AttemptFailed",
    "AttemptFailure",
    "AttemptInfo",
    "AttemptStarted",
    "Auth",
    "CallEvent",
    "CallSettings",
    "ClientOptions",
    "Done",
    "DrainResult",
    "Explanation",
    "LogLevel",
    "Observer",
    "Pages",
    "ResponseMetadata",
    "RosterClient",
    "SyncStream",
    "Telemetry",
    "TokenProvider",
    "TokenRequest",
    "Waiting",
    "WouldHave",
    "__version__",
    "attempt_info",
    "connect",
    "deadline_from",
    "derive",
    "drain",
    "explain",
    "open_telemetry",
    "paginate",
    "with_options",
]
