"""The headers of a call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import pyqwest

from ameide_sdk._internal.auth.credential import Credential, secrets_of
from ameide_sdk._internal.call.call_headers import (
    is_header_name,
    is_header_value,
    read_call_headers,
)
from ameide_sdk._internal.errors.config_error import config_error
from ameide_sdk._internal.options.reserved_headers import (
    connection_header,
    is_own_header,
    set_by_sdk,
)
from ameide_sdk._internal.policy.deadline import TIMEOUT_HEADERS, set_timeout_header
from ameide_sdk._internal.runtime.callbacks import tell
from ameide_sdk._internal.telemetry.log import is_logged_header

if TYPE_CHECKING:
    from ameide_sdk._internal.call.call_plan import CallPlan

ATTEMPTS_HEADER = "grpc-previous-rpc-attempts"


class _Settable(Protocol):
    def __setitem__(self, name: str, value: str, /) -> None: ...


class RequestHeaders:
    """Headers that users set, and those that the SDK writes for each attempt."""

    __slots__ = ("_earlier", "_plan", "_previous_attempts", "_sent", "_users", "credential")

    def __init__(self, plan: CallPlan) -> None:
        """Begins without any."""
        self._plan = plan
        # Of the client, the call and its spans; the SDK writes its own over them.
        self._users: dict[str, str] = {}
        # As the interceptors left them.
        self._sent: pyqwest.Headers | None = None
        self._previous_attempts = 0
        self._earlier: tuple[Credential, ...] = ()
        # Of the attempt under way, or of the last one.
        self.credential: Credential | None = None

    def add(self, given: object) -> None:
        """Takes the headers of the client and the call.

        Args:
            given: Headers given to the generated method: a mapping, or pairs.

        Raises:
            AmeideError: CONFIG_INVALID naming the header.
        """
        plan = self._plan
        self._users.update(plan.for_method.headers)
        if given is not None:
            self._users.update(read_call_headers(given, plan.client.config.rules))
        stated: Mapping[str, str] = plan.settings.get("headers") or {}
        for name, value in stated.items():
            self._users[name.lower()] = value
        if plan.credentials is not None and plan.credentials.header in self._users:
            raise config_error(f"headers.{plan.credentials.header}", set_by_sdk("auth"))

    def use(self, credential: Credential | None) -> None:
        """Takes the credential of the next attempt."""
        if self.credential is not None and self.credential is not credential:
            self._earlier = (*self._earlier, self.credential)
        self.credential = credential

    def prepare(self, previous_attempts: int, started_ms: float) -> None:
        """Updates the parts that differ between attempts."""
        self._previous_attempts = previous_attempts
        for sink in self._plan.sinks:
            tell(sink.inject, self._traced, started_ms - self._plan.start_ms)

    def early(self) -> dict[str, str] | None:
        """Returns the headers for users' interceptors; None if there are none."""
        if not self._plan.client.has_interceptors:
            return None
        header = dict(self._users)
        self._write_own(header)
        return header

    def write_last(self, header: pyqwest.Headers, timeout_ms: int | None) -> None:
        """Writes the headers that users' interceptors may not, and undoes their changes to ours."""
        plan = self._plan
        client = plan.client
        if client.has_interceptors:
            self._mend(header)
        else:
            for name, value in self._users.items():
                header[name] = value
            self._write_own(header)
        if timeout_ms is not None:
            set_timeout_header(header, client.protocol, timeout_ms)
        if plan.observed is None:
            header["user-agent"] = client.user_agent
        if client.protocol == "grpc-web" and "x-user-agent" in header:
            del header["x-user-agent"]

    @property
    def has_authorization(self) -> bool:
        """True if interceptors set a credential of their own."""
        return self._sent is not None and "authorization" in self._sent

    def secrets(self) -> tuple[str, ...]:
        """Lists the values that no text may contain.

        Credentials, the key, and callers' values of headers that are not logged.
        """
        plan = self._plan
        config, constants = plan.client.config, plan.client.constants
        values = [] if plan.idempotency_key is None else [plan.idempotency_key]
        headers = self._users if self._sent is None else self._sent
        for name, value in headers.items():
            is_theirs = name == "authorization" or not is_own_header(name, config.rules)
            if is_theirs and not is_logged_header(name) and len(values) < constants.max_entries:
                values.append(value)
        return secrets_of(self.credential, self._earlier, values)

    def _write_own(self, header: _Settable) -> None:
        plan = self._plan
        names = plan.header_names
        if plan.sends_request_id:
            header[names.request_id] = plan.request_id
        if plan.idempotency_key is not None:
            header[names.idempotency_key] = plan.idempotency_key
        if plan.tenant is not None:
            header[names.tenant] = plan.tenant
        if self._previous_attempts > 0:
            header[ATTEMPTS_HEADER] = str(self._previous_attempts)
        if self.credential is not None:
            header[self.credential.header] = self.credential.value

    # Restores headers that only the SDK may set, which users' interceptors may have changed.
    def _mend(self, header: pyqwest.Headers) -> None:
        refused = connection_header(header.items())
        if refused is not None:
            raise config_error(
                "interceptors", f"must not set {refused}, a header of the connection"
            )
        names = self._plan.header_names
        self._sent = header
        for name in (
            names.tenant,
            names.request_id,
            names.idempotency_key,
            ATTEMPTS_HEADER,
            *TIMEOUT_HEADERS,
        ):
            if name in header:
                del header[name]
        self._write_own(header)

    # The propagator may be foreign code, and tracing must not fail a call.
    def _traced(self, name: str, value: str) -> None:
        if is_header_name(name) and is_header_value(value):
            self._users[name.lower()] = value
