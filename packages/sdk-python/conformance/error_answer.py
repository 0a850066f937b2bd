"""Errors of a script in the forms of the protocols."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import quote

from ameide_conformance_proto.ameide.conformance.v1.script_pb import ErrorAnswer
from ameide_conformance_proto.google.rpc.error_details_pb import (
    BadRequest,
    ErrorInfo,
    RequestInfo,
    RetryInfo,
)
from connectrpc.code import Code
from protobuf import Message
from protobuf.wkt import Any as AnyMessage
from protobuf.wkt import Duration
from pyqwest import Headers

from malformed import malform_json, malform_status, set_details

_GRPC_STATUS = {
    code.value: number
    for number, code in enumerate(
        [
            Code.CANCELED,
            Code.UNKNOWN,
            Code.INVALID_ARGUMENT,
            Code.DEADLINE_EXCEEDED,
            Code.NOT_FOUND,
            Code.ALREADY_EXISTS,
            Code.PERMISSION_DENIED,
            Code.RESOURCE_EXHAUSTED,
            Code.FAILED_PRECONDITION,
            Code.ABORTED,
            Code.OUT_OF_RANGE,
            Code.UNIMPLEMENTED,
            Code.INTERNAL,
            Code.UNAVAILABLE,
            Code.DATA_LOSS,
            Code.UNAUTHENTICATED,
        ],
        start=1,
    )
}

# Connect protocol, "Error Codes".
_HTTP_STATUS = {
    "canceled": 499,
    "invalid_argument": 400,
    "deadline_exceeded": 504,
    "not_found": 404,
    "already_exists": 409,
    "permission_denied": 403,
    "resource_exhausted": 429,
    "failed_precondition": 400,
    "aborted": 409,
    "out_of_range": 400,
    "unimplemented": 501,
    "unavailable": 503,
    "unauthenticated": 401,
}


def http_status(answer: ErrorAnswer) -> int:
    """Returns the HTTP status of an error of a unary call of Connect."""
    return answer.status or _HTTP_STATUS.get(answer.code, 500)


def error_json(answer: ErrorAnswer) -> dict[str, Any]:
    """Returns an error in the JSON form of the Connect protocol."""
    error: dict[str, Any] = {"code": answer.code}
    if message := _message_of(answer):
        error["message"] = message
    if details := _details_of(answer):
        error["details"] = [
            {"type": name, "value": b64encode(value).decode().rstrip("=")}
            for name, value in details
        ]
    malform_json(error, answer.malformed)
    return error


def set_grpc_status(target: Headers, answer: ErrorAnswer | None) -> None:
    """Sets what gRPC says at the end of an answer; None is a good end."""
    if answer is None:
        target["grpc-status"] = "0"
        return
    if answer.code not in _GRPC_STATUS:
        raise ValueError(f"gRPC knows no code {answer.code}")
    number = _GRPC_STATUS[answer.code]
    message = _message_of(answer)
    target["grpc-status"] = str(number)
    target["grpc-message"] = quote(message, safe=" !\"#$&'()*+,/:;<=>?@[\\]^`{|}")
    if details := _details_of(answer):
        set_details(target, _status_bytes(number, message, details))
    malform_status(target, answer.malformed)


# google.rpc.Status: field 1 is the code, field 2 the message, field 3 the details.
def _status_bytes(number: int, message: str, details: list[tuple[str, bytes]]) -> bytes:
    text = message.encode()
    whole = bytes([0x08, number]) + _field(0x12, text)
    for name, value in details:
        packed = AnyMessage(type_url=f"type.googleapis.com/{name}", value=value)
        whole += _field(0x1A, packed.to_binary())
    return whole


def _field(tag: int, data: bytes) -> bytes:
    size, length = len(data), bytearray()
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([tag, *length, size]) + data


def _message_of(answer: ErrorAnswer) -> str:
    return answer.message * (answer.message_times or 1)


def _details_of(answer: ErrorAnswer) -> list[tuple[str, bytes]]:
    details = [
        (each.type, each.value * (each.value_times or 1))
        for each in answer.details
        for _ in range(each.times or 1)
    ]

    def add(message: Message) -> None:
        details.append((message.desc().type_name, message.to_binary()))

    if answer.has_field("retry_info_ms"):
        seconds, rest_ms = divmod(answer.retry_info_ms, 1000)
        add(RetryInfo(retry_delay=Duration(seconds=seconds, nanos=rest_ms * 1_000_000)))
    if (info := answer.error_info) is not None:
        add(ErrorInfo(reason=info.reason, domain=info.domain, metadata=info.metadata))
    if answer.field_violations:
        violations = [
            BadRequest.FieldViolation(field=each.name, description=each.value)
            for each in answer.field_violations
        ]
        add(BadRequest(field_violations=violations))
    if answer.request_id:
        add(RequestInfo(request_id=answer.request_id))
    return details
