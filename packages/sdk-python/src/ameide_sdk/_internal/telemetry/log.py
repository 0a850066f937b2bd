"""Log lines about calls."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Protocol, TypeAlias

from connectrpc.request import Headers

from ameide_sdk._internal.errors.bounded_text import summary
from ameide_sdk._internal.policy.policy import PolicyConstants
from ameide_sdk._internal.telemetry.observer import CallEvent, CallSink

Logger: TypeAlias = logging.Logger | logging.LoggerAdapter[Any]
"""Target of log lines."""

LogLevel: TypeAlias = Literal["off", "error", "warn", "info", "debug"]
"""Level of logging: failed calls, failed attempts too, all calls, every attempt."""

LOG_LEVELS: tuple[LogLevel, ...] = ("off", "error", "warn", "info", "debug")
"""All levels, from none to most."""

_LEVELS: Mapping[LogLevel, int] = {
    "error": logging.ERROR,
    "warn": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
}

_LOGGED = frozenset({
    "connect-protocol-version",
    "connect-timeout-ms",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "grpc-status",
    "grpc-timeout",
    "retry-after",
    "traceparent",
    "user-agent",
    "x-request-id",
})  # fmt: skip


def create_log_sink(logger: Logger, level: LogLevel) -> CallSink | None:
    """Logs the events of a call up to a level.

    Returns:
        None if nothing is logged.
    """
    return None if level == "off" else _LogSink(logger, LOG_LEVELS.index(level))


def warn(logger: Logger, message: str, fields: Mapping[str, object]) -> None:
    """Warns the operator of a client."""
    _write(logger, "warn", message, fields)


def is_logged_header(lower: str) -> bool:
    """Reports whether the value of a header, named in lower case, is logged as it is."""
    return lower in _LOGGED


class Items(Protocol):
    """Headers, a name with several values perhaps several times."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Returns names and values."""
        ...


def redact_headers(headers: Items, constants: PolicyConstants) -> dict[str, str]:
    """Returns headers for the log, in the order of their names.

    All but a few values are replaced by `REDACTED`, and of too many headers only the number is
    shown.
    """
    max_bytes = constants.max_printed_text_bytes
    values: dict[str, list[str]] = {}
    # Connect's own give only the first value of a name as their items.
    for name, value in headers.allitems() if isinstance(headers, Headers) else headers.items():
        values.setdefault(name.lower(), []).append(value)
    names = sorted(values)
    redacted = {
        summary(name, max_bytes): (
            summary(", ".join(values[name]), max_bytes) if name in _LOGGED else "REDACTED"
        )
        for name in names[: constants.max_entries]
    }
    if len(names) > constants.max_entries:
        redacted["…"] = f"{len(names) - constants.max_entries} more"
    return redacted


class _LogSink(CallSink):
    __slots__ = ("_logger", "_max")

    def __init__(self, logger: Logger, max_level: int) -> None:
        self._logger = logger
        self._max = max_level

    def event(self, event: CallEvent) -> None:
        level = _level_of(event)
        if LOG_LEVELS.index(level) > self._max or not self._logger.isEnabledFor(_LEVELS[level]):
            return
        fields = event.to_json()
        del fields["type"]
        # A key counts as a header outside the allow-list.
        fields.pop("idempotencyKey", None)
        _write(self._logger, level, f"ameide {event.type.replace('_', ' ')}", fields)


def _level_of(event: CallEvent) -> LogLevel:
    match event.type:
        case "attempt_started":
            return "debug"
        case "done":
            return "info" if event.code is None else "error"
        case _:
            return "warn"


# The fields are part of the text, which is all that the default formatter prints, and one attribute
# of the record, for formatters that write them apart.
def _write(logger: Logger, level: LogLevel, message: str, fields: Mapping[str, object]) -> None:
    if fields:
        logger.log(_LEVELS[level], f"{message} %s", _AsJson(fields), extra={"ameide": fields})
    else:
        logger.log(_LEVELS[level], "%s", message)


class _AsJson:
    """Writes fields when a line is formatted."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, object]) -> None:
        self._fields = fields

    def __str__(self) -> str:
        return json.dumps(self._fields, ensure_ascii=False, separators=(",", ":"))
