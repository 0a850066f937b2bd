"""The standard details of errors (google.rpc, AIP-193), read within bounds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, Protocol, TypeVar

from ameide_core_proto.google.rpc.error_details_pb import (
    BadRequest,
    ErrorInfo,
    PreconditionFailure,
    QuotaFailure,
    RequestInfo,
    RetryInfo,
)
from connectrpc.errors import ConnectError
from protobuf import Message

from ameide_sdk._internal.errors.bounded_text import redact, truncate
from ameide_sdk._internal.policy.policy import BEHAVIOR_1

_T = TypeVar("_T")
_From = TypeVar("_From")
_M = TypeVar("_M", bound=Message)
_T_co = TypeVar("_T_co", covariant=True)


class ErrorBounds(Protocol):
    """Bounds on how much of a peer's words an error keeps besides the raw details, and prints.

    They are those of `PolicyConstants`.
    """

    @property
    def max_message_bytes(self) -> int:
        """Longest kept text."""
        ...

    @property
    def max_details(self) -> int:
        """Maximum number of details that are read."""
        ...

    @property
    def max_detail_bytes(self) -> int:
        """Maximum number of bytes read from details of one kind."""
        ...

    @property
    def max_entries(self) -> int:
        """Maximum number of entries read from a list or a map."""
        ...

    @property
    def max_printed_entries(self) -> int:
        """Maximum number of entries printed from a list or a map."""
        ...

    @property
    def max_printed_text_bytes(self) -> int:
        """Longest text of an entry that is printed."""
        ...


@dataclass(frozen=True, slots=True)
class DetailReading:
    """Settings for reading details.

    Attributes:
        bounds: Bounds on what is kept.
        secrets: Credentials that were sent, to be removed from texts.
    """

    bounds: ErrorBounds = BEHAVIOR_1
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def text(self, text: str) -> str:
        """Returns what is kept of a text."""
        return truncate(redact(text, self.secrets), self.bounds.max_message_bytes)


@dataclass(frozen=True, slots=True)
class Entries(Generic[_T_co]):
    """First entries of a list, and the number of all."""

    first: tuple[_T_co, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One violated field of a request (`google.rpc.BadRequest`)."""

    field: str
    description: str


@dataclass(frozen=True, slots=True)
class QuotaViolation:
    """One violated quota (`google.rpc.QuotaFailure`)."""

    subject: str
    description: str


@dataclass(frozen=True, slots=True)
class PreconditionViolation:
    """One violated precondition (`google.rpc.PreconditionFailure`)."""

    type: str
    subject: str
    description: str


@dataclass(frozen=True, slots=True)
class Promoted:
    """What is promoted of the details of an error.

    Attributes:
        metadata: `google.rpc.ErrorInfo.metadata`, by name: a map has no order.
    """

    reason: str | None = None
    domain: str | None = None
    metadata: Entries[tuple[str, str]] = field(default_factory=Entries)
    fields: Entries[FieldViolation] = field(default_factory=Entries)
    quotas: Entries[QuotaViolation] = field(default_factory=Entries)
    preconditions: Entries[PreconditionViolation] = field(default_factory=Entries)
    server_request_id: str | None = None


_NOTHING = Promoted()


def promote(error: ConnectError, reading: DetailReading) -> Promoted:
    """Reads the standard details of an error. Of each kind the first that can be read counts."""
    if not error.details:
        return _NOTHING
    text = reading.text
    info = _first(error, ErrorInfo, reading.bounds)
    request = _first(error, RequestInfo, reading.bounds)
    bad = _first(error, BadRequest, reading.bounds)
    quota = _first(error, QuotaFailure, reading.bounds)
    precondition = _first(error, PreconditionFailure, reading.bounds)
    return Promoted(
        reason=None if info is None else text(info.reason),
        domain=None if info is None else text(info.domain),
        metadata=_entries(
            [] if info is None else sorted(info.metadata.items()),
            reading,
            lambda each: (text(each[0]), text(each[1])),
        ),
        fields=_entries(
            [] if bad is None else bad.field_violations,
            reading,
            lambda each: FieldViolation(text(each.field), text(each.description)),
        ),
        quotas=_entries(
            [] if quota is None else quota.violations,
            reading,
            lambda each: QuotaViolation(text(each.subject), text(each.description)),
        ),
        preconditions=_entries(
            [] if precondition is None else precondition.violations,
            reading,
            lambda each: PreconditionViolation(
                text(each.type), text(each.subject), text(each.description)
            ),
        ),
        server_request_id=None if request is None else text(request.request_id),
    )


def retry_info_ms(error: ConnectError, bounds: ErrorBounds = BEHAVIOR_1) -> float | None:
    """Reads `google.rpc.RetryInfo.retry_delay`, in milliseconds; None if there is none."""
    info = _first(error, RetryInfo, bounds)
    if info is None or info.retry_delay is None:
        return None
    return info.retry_delay.seconds * 1_000 + info.retry_delay.nanos / 1e6


def bad_request(fields: Iterable[tuple[str, str]]) -> BadRequest:
    """Creates a detail which says which fields are wrong, and why."""
    return BadRequest(
        field_violations=[
            BadRequest.FieldViolation(field=name, description=rule) for name, rule in fields
        ]
    )


# Tries are bounded, since a server may send any number and each unreadable one takes time.
def _first(error: ConnectError, kind: type[_M], bounds: ErrorBounds) -> _M | None:
    left_bytes = bounds.max_detail_bytes
    name = kind.desc().type_name
    for detail in islice(error.details, bounds.max_details):
        if detail.type_name == name and len(detail.message_bytes) <= left_bytes:
            left_bytes -= len(detail.message_bytes)
            try:
                return kind.from_binary(detail.message_bytes)
            except ValueError:
                continue
    return None


def _entries(
    values: Collection[_From], reading: DetailReading, read: Callable[[_From], _T]
) -> Entries[_T]:
    first = tuple(read(each) for each in islice(values, reading.bounds.max_entries))
    return Entries(first, len(values))
