"""What all calls of a transport share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ameide_sdk._internal.auth.auth import Auth
from ameide_sdk._internal.auth.credential_source import CredentialSource
from ameide_sdk._internal.call.lifetime import Lifetime
from ameide_sdk._internal.config.config import ClientConfig
from ameide_sdk._internal.policy.budget import Budget
from ameide_sdk._internal.policy.policy import MethodKind, PolicyConstants, Protocol
from ameide_sdk._internal.runtime.runtime import Clock, Runtime
from ameide_sdk._internal.telemetry.observer import CallInfo, CallSink
from ameide_sdk._internal.wire.get_request import AddressLimit
from ameide_sdk._internal.wire.wire_shape import WireShape


@dataclass(frozen=True, slots=True)
class ClientContext:
    """State that all calls of a transport share."""

    config: ClientConfig
    constants: PolicyConstants
    runtime: Runtime
    clock: Clock
    budget: Budget
    addresses: AddressLimit
    has_interceptors: bool
    protocol: Protocol
    shapes: Mapping[MethodKind, WireShape]
    user_agent: str
    lifetime: Lifetime
    credentials: Callable[[Auth], CredentialSource]
    sinks: Callable[[CallInfo], Sequence[CallSink]]
