"""What holds for one call: policy, deadline, tenant and headers."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from connectrpc.code import Code
from connectrpc.errors import ConnectError

from ameide_sdk._internal.auth.credential import CredentialRequest
from ameide_sdk._internal.auth.credential_source import CredentialSource
from ameide_sdk._internal.call.request_headers import RequestHeaders
from ameide_sdk._internal.config.config import MethodConfig, policy_part
from ameide_sdk._internal.config.descriptors import Method
from ameide_sdk._internal.errors.config_error import config_error
from ameide_sdk._internal.errors.errors import AmeideError
from ameide_sdk._internal.options.ambient_deadline import ambient_deadline
from ameide_sdk._internal.options.ambient_timeout import ambient_timeout
from ameide_sdk._internal.options.check_options import check_call_settings, check_duration_ms
from ameide_sdk._internal.options.tenant import tenant_for
from ameide_sdk._internal.policy.deadline import overall_timeout
from ameide_sdk._internal.policy.policy import PolicyValues, Protocol
from ameide_sdk._internal.policy.policy_table import MAX_SAFE_INTEGER, TIME_LIMITS
from ameide_sdk._internal.runtime.request_id import uuid_v4, uuid_v7
from ameide_sdk._internal.telemetry.observer import CallInfo, CallSink

if TYPE_CHECKING:
    from ameide_sdk._internal.call.client_context import ClientContext

_WITHHELD = "; AMEIDE_TENANT is for AMEIDE_BASE_URL, and environment_credentials=True sends it here"

CallSettings: TypeAlias = Mapping[str, Any]
LimitName: TypeAlias = Literal[
    "timeout_ms",
    "attempt_timeout_ms",
    "first_message_timeout_ms",
    "idle_timeout_ms",
    "max_server_delay_ms",
]
_Message = TypeVar("_Message")


class CallPlan:
    """Facts of a call that do not change while it runs.

    Attributes:
        observed: Policy that is watched but not applied, in observe mode.
        key_withheld: True if policy would have sent a key, in observe mode.
        refusals: Refusals that are reported but not applied, in observe mode.
        key_sent: True if the request carries something to deduplicate on: a key or a request id.
    """

    def __init__(
        self,
        client: ClientContext,
        method: Method,
        settings: CallSettings,
        runtime_ms: float | None,
        given_headers: object,
        claim_key: Callable[[str], None],
    ) -> None:
        """Works out what holds for a call.

        Args:
            runtime_ms: The generated method's own `timeout_ms`.
            given_headers: The generated method's own `headers`.
            claim_key: Is told the method that an idempotency key of the caller's is for.

        Raises:
            AmeideError: CONFIG_INVALID, before any I/O.
        """
        config, random = client.config, client.runtime.random
        for_method = config.for_method(method)
        if for_method.refusal is not None:
            raise config_error(for_method.refusal.option, for_method.refusal.rule)
        if settings:
            check_call_settings(settings, config.rules)
        if runtime_ms is not None:
            check_duration_ms(runtime_ms, "timeout_ms")
        self.client = client
        self.for_method = for_method
        self.settings = settings
        self.service = method.service.type_name
        self.method = for_method.name
        self.kind = for_method.kind
        self.protocol: Protocol = client.protocol
        self.server_address = config.server_address
        self.server_port = config.server_port
        self.header_names = config.header_names
        self.shape = client.shapes[method.kind]
        self._runtime_ms = None if runtime_ms is None else min(runtime_ms, MAX_SAFE_INTEGER)
        effective = _effective_policy(for_method, settings, config.environment.retries_off)
        self.observed = effective if config.observe else None
        self.policy = _by_hand_only(effective, settings) if config.observe else effective
        stated = settings.get("deadline_from", for_method.deadline_from)
        self._ambient_option = "deadline_from()" if stated is None else "deadlineFrom"
        self._ambient_source = ambient_deadline() if stated is None else stated
        stated_id = settings.get("request_id")
        start_wall_ms = client.clock.wall_now()
        self.request_id: str = stated_id or uuid_v7(start_wall_ms, random.bytes)
        self.sends_request_id = self.observed is None or stated_id is not None
        self.idempotency_key = self._key(claim_key)
        field = for_method.request_id_field
        self._request_id_field = field if self.observed is None else None
        self.key_sent = self.idempotency_key is not None or self._request_id_field is not None
        self.key_withheld = self.observed is not None and (
            field is not None or _wants_key(self.observed)
        )
        self.refusals: list[str] = []
        self.tenant = self._tenant_or_report()
        auth = settings.get("auth", for_method.auth)
        self.credentials: CredentialSource | None = None
        if auth is not None and self.policy.auth_mode != "none":
            self.credentials = client.credentials(auth)
        self.headers = RequestHeaders(self)
        self.headers.add(given_headers)
        self.start_ms = client.clock.now()
        self.timeout_ms = math.inf
        self.sinks: Sequence[CallSink] = ()

    def begin(self) -> None:
        """Begins the time of the call, and its span. A stream begins when it is first read.

        Raises:
            AmeideError: CONFIG_INVALID for an ambient deadline that is none.
        """
        client = self.client
        self.start_ms = client.clock.now()
        self.timeout_ms = overall_timeout(
            client.constants, self._own_timeout(), self._runtime_ms, self._ambient()
        )
        self.credential_request = CredentialRequest(
            tenant=self.tenant,
            scopes=self.policy.scopes,
            deadline_ms=self.start_ms + self.timeout_ms,
        )
        self.sinks = client.sinks(self._info())

    def _info(self) -> CallInfo:
        return CallInfo(
            service=self.service,
            method=self.method,
            request_id=self.request_id,
            tenant=self.tenant,
            server_address=self.server_address,
            server_port=self.server_port,
            protocol=self.protocol,
            start_wall_ms=self.client.clock.wall_now(),
        )

    @property
    def url(self) -> str:
        """Address of the method, unless an interceptor asks for another."""
        return f"{self.client.config.base_url}/{self.method}"

    def remaining(self, now_ms: float) -> float:
        """Returns what is left of the deadline at a time.

        Computed from the time that has passed, so that no fraction of the clock costs a call with
        all of its time left a millisecond.
        """
        return self.timeout_ms - (now_ms - self.start_ms)

    def source_of(self, name: LimitName) -> str:
        """Names the place that stated a limit, as `explain` does."""
        return "code: call" if name in policy_part(self.settings) else self._source(name)

    def deadline_source(self) -> str:
        """Names the place that stated the smallest of the deadlines."""
        own, runtime_ms = self._own_timeout(), self._runtime_ms
        if own is not None and math.floor(own) == self.timeout_ms:
            return self.source_of("timeout_ms")
        if runtime_ms is not None and math.floor(runtime_ms) == self.timeout_ms:
            return "timeoutMs of the call"
        return self._ambient_option

    def no_credential(self) -> str | None:
        """Says why the call has no credential; None if it has one."""
        if self.credentials is not None or self.headers.has_authorization:
            return None
        if self.policy.auth_mode == "none":
            return f"its policy sends no credential: {self._source('auth_mode')}"
        stated_none = "auth" in self.settings and self.settings["auth"] is None
        source = "code: call" if stated_none else self.for_method.auth_source
        return "no `auth` is set" if source == "built-in" else f"no `auth` is set: {source}"

    def with_request_id(self, message: _Message) -> _Message:
        """Returns a message of the request with its request id field filled (AIP-4235).

        A copy is filled, since the caller may send the message again as another call.
        """
        field = self._request_id_field
        if field is None or getattr(message, field.local_name):
            return message
        filled = copy.copy(message)
        setattr(filled, field.local_name, uuid_v4(self.client.runtime.random.bytes))
        return filled

    def tenant_mismatch(self, echo: str | None, report: Callable[[str], None]) -> str | None:
        """Returns the fault of an answer that echoes another tenant than was sent.

        In observe mode it is only reported.
        """
        if self.tenant is None or echo is None or echo == self.tenant:
            return None
        fault = "the answer is for another tenant"
        if self.observed is None:
            return fault
        report(fault)
        return None

    def _source(self, name: str) -> str:
        return self.for_method.policy.sources[name]

    def _ambient(self) -> float | None:
        source = self._ambient_source
        return None if source is None else ambient_timeout(self._ambient_option, source)

    # The runtime's own timeout is a setting of the call: it overrides operator settings and
    # defaults; of two timeouts set in code the smaller wins.
    def _own_timeout(self) -> float | None:
        in_code = self.settings.get("timeout") is not None or self._source("timeout_ms").startswith(
            "code"
        )
        return self.policy.timeout_ms if self._runtime_ms is None or in_code else None

    def _key(self, claim_key: Callable[[str], None]) -> str | None:
        own: str | None = self.settings.get("idempotency_key")
        if own is not None and own not in ("auto", "off"):
            claim_key(self.method)
            return own
        return uuid_v4(self.client.runtime.random.bytes) if _wants_key(self.policy) else None

    def _tenant_or_report(self) -> str | None:
        config, settings = self.client.config, self.settings
        own: str | None = settings.get("tenant")
        try:
            return tenant_for(
                self.policy.tenant_mode,
                self.method,
                own,
                self.for_method.tenant,
                _WITHHELD if "AMEIDE_TENANT" in config.withheld else "",
                of_call="tenant" in settings,
            )
        except AmeideError as refusal:
            if self.observed is None:
                raise
            self.refusals.append(refusal.message)
            return own


def tenant_error(fault: str) -> ConnectError:
    """Creates the error for an answer that is for another tenant."""
    return ConnectError(Code.INTERNAL, fault)


def _effective_policy(
    for_method: MethodConfig, settings: CallSettings, retries_off: bool
) -> PolicyValues:
    values = for_method.policy.values
    part = policy_part(settings) if settings else {}
    if not part:
        return values
    key = part.get("idempotency_key")
    if key is not None and key not in ("auto", "off"):
        part = {name: value for name, value in part.items() if name != "idempotency_key"}
    return replace(values, **{**part, **({"retry": False} if retries_off else {})})


# Returns the part of a policy that observe mode applies: the settings of the call itself.
def _by_hand_only(policy: PolicyValues, settings: CallSettings) -> PolicyValues:
    part = policy_part(settings) if settings else {}
    limits: dict[str, Any] = {name: part.get(name) for name in TIME_LIMITS}
    return replace(policy, **limits, retry=False, idempotency_key="off")


def _wants_key(policy: PolicyValues) -> bool:
    return policy.carries_idempotency_key and policy.idempotency_key == "auto"
