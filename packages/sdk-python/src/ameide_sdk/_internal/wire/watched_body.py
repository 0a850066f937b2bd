"""Bodies, watched as they pass between Connect and the HTTP client."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TypeAlias, cast

from connectrpc.code import Code
from connectrpc.compression import Compression
from connectrpc.errors import ConnectError
from pyqwest import FullResponse, Headers, HTTPVersion, ReadError

from ameide_sdk._internal.wire.compression import decompressed
from ameide_sdk._internal.wire.connection_pools import Pool
from ameide_sdk._internal.wire.envelopes import END_STREAM, TRAILERS, EnvelopeScan, envelope
from ameide_sdk._internal.wire.media_type import joined, media_type
from ameide_sdk._internal.wire.read_error import JSON_TYPE, end_of_stream, read_wire_error
from ameide_sdk._internal.wire.recorder import Recording
from ameide_sdk._internal.wire.wire_error import (
    has_broken_metadata,
    parse_json,
    trailers_of,
)

_END_FLAGS = {"connect": END_STREAM, "grpc": 0, "grpc-web": TRAILERS}


class WholeBody:
    """Body of an answer that is one message, in no envelope."""

    __slots__ = ("_content", "_ends_there", "_recording", "_stated")

    def __init__(self, recording: Recording, pool: Pool, version: HTTPVersion) -> None:
        """Begins before the first byte.

        Raises:
            ConnectError: If the answer says that it is larger than the limit.
        """
        headers = recording.headers
        assert headers is not None
        self._recording = recording
        self._content = bytearray()
        stated = _stated_length(headers)
        if stated is not None and stated > recording.shape.read_max_bytes:
            raise _over_limit(recording)
        # Of other HTTP clients it may be the length of what they have decompressed.
        self._stated = stated if pool.is_own else None
        # An answer over HTTP/2 is over with its stream.
        self._ends_there = version == HTTPVersion.HTTP1 and "transfer-encoding" not in headers

    @property
    def is_complete(self) -> bool:
        """True if nothing can follow, which saves a wait for the end."""
        return self._ends_there and self._stated == len(self._content)

    def add(self, chunk: bytes | bytearray | memoryview) -> None:
        """Takes a chunk of the body.

        Raises:
            ConnectError: If the body is larger than the limit.
        """
        recording = self._recording
        recording.heard()
        self._content += chunk
        if len(self._content) > recording.shape.read_max_bytes:
            raise _over_limit(recording)

    def answer(self, trailers: Headers) -> FullResponse:
        """Returns the answer as Connect is to see it, once its body has ended.

        Raises:
            ConnectError: If it cannot be decompressed.
            ReadError: If bytes are missing.
        """
        recording = self._recording
        headers, status = recording.headers, recording.status
        assert headers is not None
        assert status is not None
        content = bytes(self._content)
        # Of a stream that was reset by NO_ERROR or CANCEL pyqwest says that it has ended.
        if self._stated is not None and len(content) < self._stated:
            raise ReadError(f"the stream was reset after {len(content)} bytes of {self._stated}")
        recording.trailers = trailers
        recording.body_ended = True
        if not recording.good:
            _keep_error(recording, content)
            return FullResponse(status, headers, b"", trailers)
        coding, accepted = joined(headers, "content-encoding"), recording.shape.accepted
        if coding is not None and accepted is not None and accepted.name() == coding:
            content = _decompressed(recording, accepted, content)
        return FullResponse(status, headers, content, trailers)


def _stated_length(headers: Headers) -> int | None:
    stated = headers.get("content-length", "")
    # Of more digits Python makes no number.
    return int(stated) if stated.isdecimal() and len(stated) < 20 else None


def _over_limit(recording: Recording) -> ConnectError:
    text = f"message is larger than configured max {recording.shape.read_max_bytes}"
    error = ConnectError(Code.RESOURCE_EXHAUSTED, text)
    recording.over_limit = error
    return error


class ErrorBody:
    """Body of an answer to a stream that is not good, which states no error of the protocol."""

    __slots__ = ("_bytes", "_recording", "trailers")

    def __init__(self, recording: Recording) -> None:
        """Begins before the first byte."""
        self._recording = recording
        self._bytes = 0
        self.trailers = Headers()

    def add(self, chunk: bytes) -> None:
        """Takes a chunk of the body.

        Raises:
            ConnectError: If the body is larger than the limit.
        """
        self._bytes += len(chunk)
        if self._bytes > self._recording.shape.read_max_bytes:
            raise _over_limit(self._recording)

    def end(self, trailers: Headers) -> None:
        """Takes the end of the body."""
        recording = self._recording
        recording.trailers = self.trailers = trailers
        recording.body_ended = True

    def take(self) -> bytes | None:
        """Returns None: Connect needs nothing of it."""
        return None


class WatchedBody:
    """Body of a good answer in envelopes.

    What ends it is read here, since Connect reads it otherwise than the protocols say, or drops
    parts of it; Connect gets an end that it can read.
    """

    __slots__ = ("_envelopes", "_error", "_recording", "_replaced_end", "_shown", "trailers")

    def __init__(self, recording: Recording) -> None:
        """Begins before the first byte."""
        shape = recording.shape
        self._recording = recording
        self._envelopes = EnvelopeScan(_END_FLAGS[shape.protocol], shape.read_max_bytes)
        recording.envelopes = self._envelopes
        self._shown: deque[bytes] = deque()
        self._error: ConnectError | None = None
        self._replaced_end = False
        self.trailers = Headers()

    def take(self) -> bytes | None:
        """Returns the next part to pass on; None if there is none yet.

        Raises:
            ConnectError: What the body states or breaks, once all before it has been passed on.
        """
        if self._shown:
            return self._shown.popleft()
        if self._error is not None:
            raise self._error
        return None

    def add(self, chunk: bytes) -> None:
        """Takes a chunk of the body."""
        envelopes = self._envelopes
        try:
            self._show(envelopes.add(chunk))
        except ConnectError as error:
            self._fail(error)
            return
        if envelopes.end_complete:
            if not self._replaced_end:
                self._replaced_end = True
                self._replace_end()
            self._show(envelopes.extra)

    def end(self, trailers: Headers) -> None:
        """Takes the end of the body."""
        recording, envelopes = self._recording, self._envelopes
        recording.trailers = trailers
        recording.body_ended = True
        self._show(envelopes.rest())
        if recording.shape.protocol == "connect" or self._error is not None:
            return
        if envelopes.ended and not envelopes.end_complete:
            text = "protocol error: the trailers are cut off"
            self._fail(ConnectError(Code.INTERNAL, text))
            return
        self._check_status()

    def _check_status(self) -> None:
        recording = self._recording
        if self._fail_as_stated() or recording.shape.protocol == "grpc-web":
            return
        assert recording.trailers is not None
        assert recording.headers is not None
        self.trailers = Headers(recording.trailers.items())
        # A good status, however it is written. That of headers counts if there is no body.
        in_headers = not self._envelopes.begun and "grpc-status" in recording.headers
        if in_headers or "grpc-status" in self.trailers:
            self.trailers["grpc-status"] = "0"
            self.trailers.pop("grpc-status-details-bin", None)

    def _replace_end(self) -> None:
        recording, envelopes = self._recording, self._envelopes
        if self._fail_as_stated():
            return
        answer = recording.answer()
        end = None if answer is None else end_of_stream(answer)
        if end is None:
            # Connect says why it cannot be read.
            flag = _END_FLAGS[recording.shape.protocol]
            self._show(envelope(flag | envelopes.end_compressed, bytes(envelopes.end)))
        elif recording.shape.protocol == "grpc-web":
            self._replace_trailers(end)
        else:
            self._replace_end_of_stream(end)

    def _replace_trailers(self, end: bytes) -> None:
        trailers, broken = trailers_of(end)
        if broken:
            self._fail(_no_headers())
            return
        trailers.pop("grpc-status-details-bin", None)
        if "grpc-status" in trailers:
            trailers["grpc-status"] = "0"
        lines = "".join(f"{name}: {value}\r\n" for name, value in trailers.items())
        self._show(envelope(TRAILERS, lines.encode()))

    def _replace_end_of_stream(self, end: bytes) -> None:
        value = parse_json(end)
        if not isinstance(value, dict):
            self._fail(ConnectError(Code.INTERNAL, "the end of the stream is no JSON object"))
        elif has_broken_metadata(cast("Mapping[str, object]", value)):
            self._fail(_no_headers())
        else:
            self._show(envelope(END_STREAM, b"{}"))

    # The server's own error ends the body, wherever it is stated.
    def _fail_as_stated(self) -> bool:
        recording = self._recording
        answer = recording.answer()
        assert answer is not None
        try:
            error: ConnectError | None = read_wire_error(answer)
        except ConnectError as too_large:
            recording.over_limit = error = too_large
        else:
            recording.wire_error = error  # type: ignore[assignment]
        if error is not None:
            self._fail(error)
        return error is not None

    def _fail(self, error: ConnectError) -> None:
        if error.code == Code.RESOURCE_EXHAUSTED and error is not self._recording.wire_error:
            self._recording.over_limit = error
        if self._error is None:
            self._error = error

    def _show(self, part: bytes) -> None:
        if part and self._error is None:
            self._shown.append(part)


class ShownAnswer:
    """Head of an answer to a stream, and its body, as Connect is to see them."""

    __slots__ = ("_body", "content", "headers", "status")

    def __init__(self, recording: Recording, body: AnswerBody, content: object) -> None:
        """Takes the head that was recorded.

        Args:
            recording: What was seen of the answer.
            body: Watches the body.
            content: Iterator that gives what Connect is to see of it.
        """
        assert recording.headers is not None
        assert recording.status is not None
        self.status = 200 if recording.good else recording.status
        self.headers = recording.headers
        self.content = content
        self._body = body
        if recording.good and recording.shape.protocol != "connect" and recording.is_of_protocol:
            # Of which format the messages are is seen when they are read.
            self.headers = Headers(recording.headers.items())
            self.headers["content-type"] = recording.asked_type

    @property
    def trailers(self) -> Headers:
        """Trailers of the answer, once its body has ended."""
        return self._body.trailers


AnswerBody: TypeAlias = ErrorBody | WatchedBody
"""Body of an answer to a stream."""


def answer_body(recording: Recording) -> AnswerBody:
    """Watches the body of an answer whose head was recorded."""
    return WatchedBody(recording) if recording.good else ErrorBody(recording)


def _no_headers() -> ConnectError:
    return ConnectError(Code.INTERNAL, "the trailers are no headers")


def _decompressed(recording: Recording, accepted: Compression, content: bytes) -> bytes:
    try:
        return decompressed(accepted, content, recording.shape.read_max_bytes)
    except ConnectError as error:
        if error.code == Code.RESOURCE_EXHAUSTED:
            recording.over_limit = error
        raise


# Connect is not shown it: that the answer came whole is known by now.
def _keep_error(recording: Recording, content: bytes) -> None:
    assert recording.headers is not None
    content_type = media_type(joined(recording.headers, "content-type"))
    if not recording.shape.enveloped and content_type == JSON_TYPE:
        recording.error_body = content
