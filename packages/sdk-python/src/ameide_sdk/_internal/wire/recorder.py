"""What the HTTP layer below Connect saw of one attempt.

Connect hides much of an answer: that a head has come, trailers, the exceptions of the HTTP client.
The recorders of `async_recorder.py` and `sync_recorder.py` stand between the two, and keep it here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Literal, TypeAlias

import connectrpc.request
from connectrpc.code import Code
from connectrpc.errors import ConnectError
from pyqwest import Headers, RemoteProtocolError, StreamErrorCode

from ameide_sdk._internal.errors.network_errors import (
    h2_error_code,
    is_lost_connection,
    network_errors,
    without_address,
)
from ameide_sdk._internal.policy.failure import NetworkFailure, Sent
from ameide_sdk._internal.runtime.runtime import Clock
from ameide_sdk._internal.wire.connection_pools import Pool
from ameide_sdk._internal.wire.envelopes import EnvelopeScan
from ameide_sdk._internal.wire.frozen_request import (
    FrozenHolder,
    SentRequest,
    freeze,
    plain_codings,
    plain_envelope,
)
from ameide_sdk._internal.wire.media_type import joined, media_type, usual_spelling
from ameide_sdk._internal.wire.read_error import (
    ReadAnswer,
    end_of_stream,
    in_words,
    read_wire_error,
)
from ameide_sdk._internal.wire.session import Session
from ameide_sdk._internal.wire.wire_error import (
    WireError,
    end_metadata,
    json_object,
    metadata_of,
    parse_json,
    trailers_of,
)
from ameide_sdk._internal.wire.wire_shape import WireShape

Progress: TypeAlias = Literal["unsent", "connecting", "sent", "answered"]
"""How far an attempt has come."""

# Media types of answers in which a gRPC protocol may state an error.
_TYPES = {
    "connect": re.compile(""),
    "grpc": re.compile(r"application/grpc(\+|$)"),
    "grpc-web": re.compile(r"application/grpc-web(\+|$)"),
}

# Silence that puts a connection in doubt: longer than any way there and back.
_SILENCE_MS = 1_000

# Of trailers of a unary answer of Connect, which are headers.
_PREFIX = "trailer-"


class Recording:
    """Observations of one attempt by the HTTP layer below the runtime.

    Attributes:
        status: Status of the answer; None before its head has come.
        headers: Headers of the answer, in the spelling that Connect reads.
        trailers: Trailers; None before the end of the body.
        head_ms: Arrival of the answer's head, if it came.
        asked_ms: Time at which the HTTP client asked for the body of the request, which takes a
            connection; None before, and if the body is given to it as a whole.
        took: True once a message of a streamed request was taken.
        until_ms: End of the limit of the attempt, or of the next wait of a sync stream.
        deadline_ms: End of the call's deadline. A sync stream ends with it even where nobody waits.
        expired: True once that limit has ended the attempt here.
        ended: True once the call has ended the request.
        input_failure: What a message that the caller streams could not be serialized with.
        wire_error: Error that the server put into its answer, once the attempt has failed.
        unread: True if the body of an error cannot be read: it may be an error of the protocol.
        queued: What the request waits for; None if it waits for nothing that others use.
        url: Address of the request; None before it was made.
        asked_type: Media type of the request, which that of a good answer has to be.
    """

    def __init__(
        self,
        holder: FrozenHolder,
        shape: WireShape,
        clock: Clock,
        enter: Callable[[Recording, Headers], float],
        *,
        deadline_ms: float = math.inf,
    ) -> None:
        """Records nothing yet.

        Args:
            holder: State that the attempts of the call share.
            shape: Form of request and answer.
            clock: Source of time.
            enter: Writes the last headers of a request, and returns the time at which the attempt's
                limit ends. It may refuse by an exception.
            deadline_ms: End of the call's deadline.
        """
        self.holder = holder
        self.shape = shape
        self.clock = clock
        self._enter = enter
        self.deadline_ms = deadline_ms
        self.until_ms = math.inf
        self.took = False
        self.expired = False
        self.ended = False
        self.input_failure: Exception | None = None
        self.url: str | None = None
        self.queued: Literal["a connection"] | None = None
        self._requests = 0
        self._end: Callable[[], None] | None = None
        self._forget()

    # Observations of an earlier request of the same attempt do not apply to a later one.
    def _forget(self) -> None:
        self.status: int | None = None
        self.headers: Headers | None = None
        self.trailers: Headers | None = None
        self.head_ms = 0.0
        self.asked_ms: float | None = None
        self.wire_error: WireError | None = None
        self.unread = False
        self.envelopes: EnvelopeScan | None = None
        self.error_body: bytes | None = None
        # The body of a good answer was read to its end.
        self.body_ended = False
        # A message is larger than the limit.
        self.over_limit: ConnectError | None = None
        self._pool: Pool | None = None
        self._session: Session | None = None
        self._sent_ms = 0.0
        self._has_body = False
        self.asked_type = ""
        self._failure: Exception | None = None
        self._told: ConnectError | None = None

    def session(self, pool: Pool) -> Session:
        """Returns the connections that the request is sent over."""
        self._sent_ms = self.clock.now()
        self._session = session = pool.enter()
        return session

    def request(
        self, pool: Pool, method: str, url: str, headers: Headers, content: bytes | None
    ) -> SentRequest:
        """Returns a request of Connect's as it is to be sent.

        Args:
            pool: Connections that it is for.
            method: Method of HTTP.
            url: Address.
            headers: Headers; they are changed.
            content: The whole body; None if it is streamed, or for GET.

        Raises:
            Exception: What the call refuses it with.
        """
        if self._requests > 0:
            self._forget()
        self._pool = pool
        self.asked_type = headers.get("content-type") or ""
        holder, shape = self.holder, self.shape
        if shape.replays:
            frozen = holder.frozen
            if frozen is None:
                # One message of gRPC, or of a stream, is in an envelope.
                frozen = freeze(
                    url, method, headers, content, holder.addresses, enveloped=shape.enveloped
                )
                holder.frozen = frozen
            plain_codings(headers)
            frozen.write_headers(headers)
            url, method, content = frozen.url, frozen.method, frozen.content
        else:
            plain_codings(headers)
        self.url = url
        self.until_ms = self._enter(self, headers)
        if content is not None and shape.replays:
            headers["content-length"] = str(len(content))
        self._requests += 1
        self._has_body = (pool.resends and bool(content)) or not shape.replays
        return SentRequest(method, url, headers, content)

    def streamed(self, envelope: bytes, headers: Headers) -> bytes:
        """Returns a message of a streamed request as it is sent."""
        self.took = True
        return plain_envelope(envelope, headers)

    def unsendable(self, error: Exception) -> None:
        """Ends the request, as a message that the caller streams cannot be serialized."""
        self.input_failure = error
        self.close()

    def asks(self) -> None:
        """Records that the HTTP client asks for the body of the request."""
        if self.asked_ms is None:
            self.asked_ms = self.clock.now()

    def responded(self, status: int, headers: Headers) -> None:
        """Records the head of the answer.

        Raises:
            RemoteProtocolError: If it is none.
        """
        if status < 200:
            raise RemoteProtocolError("the server switched to another protocol")
        self.head_ms = self.clock.now()
        self.heard()
        self.status = status
        self.headers = usual_spelling(headers)
        self.holder.responded(self)

    def heard(self) -> None:
        """Records that something has come on the connection."""
        if self._session is not None:
            self._session.heard_ms = self.clock.now()

    def timed_out(self) -> None:
        """Puts the connection in doubt, as a limit of time has ended the attempt."""
        if self._session is None or self._pool is None or self.queued is not None:
            return
        since_ms = max(self._sent_ms, self.clock.now() - _SILENCE_MS)
        self._pool.timed_out(self._session, since_ms, answered=self.status is not None)

    def broke(self, error: Exception, pool: Pool) -> Exception:
        """Records what the HTTP client failed with, unless the SDK ended the request.

        Returns:
            What Connect is to be told.
        """
        failure = pool.explain(without_address(error))
        if not (self.ended or self.expired or isinstance(failure, ConnectError)):
            self._failure = failure
            if self._session is not None and is_lost_connection(failure):
                pool.broke(self._session)
        return failure

    def on_end(self, end: Callable[[], None] | None) -> None:
        """Sets what ends the request under way."""
        self._end = end

    def limit(self, until_ms: float) -> None:
        """Sets the end of further waits for parts of the answer, for sync streams."""
        self.until_ms = until_ms

    def close(self) -> None:
        """Ends the request under way, if that can be done. May be called by any thread."""
        self.ended = True
        end = self._end
        if end is not None:
            end()

    @property
    def good(self) -> bool:
        """True if the status is one of good answers.

        That is 200, and in gRPC-Web all like it, if the answer is gRPC-Web and its status allows a
        body.
        """
        status = self.status
        if status is None or status == 200 or self.shape.protocol != "grpc-web":
            return status == 200
        is_empty = status in (204, 205)
        return (
            200 < status < 300
            and self.is_of_protocol
            and (not is_empty or "grpc-status" in self._headers())
        )

    @property
    def is_of_protocol(self) -> bool:
        """True if the media type is the protocol's. Of Connect's own, the runtime has to decide."""
        return _TYPES[self.shape.protocol].match(self.media_type) is not None

    @property
    def is_packed_unasked(self) -> bool:
        """True if the messages of a stream are compressed by what was not asked for."""
        shape = self.shape
        name = "connect-content-encoding" if shape.protocol == "connect" else "grpc-encoding"
        coding = self._headers().get(name, "identity")
        asked = "identity" if shape.accepted is None else shape.accepted.name()
        return shape.enveloped and coding not in ("identity", asked)

    @property
    def media_type(self) -> str:
        """Media type of the answer."""
        return media_type(joined(self._headers(), "content-type"))

    @property
    def broken(self) -> Exception | None:
        """Reason for which there was no answer, or its body broke off."""
        return self._failure

    def network(self) -> NetworkFailure | None:
        """Returns the failure of the connection, if it failed."""
        failure = self._failure
        if failure is None:
            return None
        return NetworkFailure(
            errors=network_errors(failure),
            h2_error_code=h2_error_code(failure),
            nothing_sent=self.queued is not None,
            connected=self._is_own and self.asked_ms is not None,
        )

    @property
    def canceled_by_server(self) -> bool:
        """True if the server reset the HTTP/2 stream as canceled."""
        failure = self._failure
        return failure is not None and h2_error_code(failure) == StreamErrorCode.CANCEL

    @property
    def waits(self) -> bool:
        """True if the request had no connection yet, as far as the SDK's own connections tell."""
        return self._is_own and self._nothing_sent and not self.sent_again

    @property
    def peer(self) -> tuple[str, int] | None:
        """Address and port that the answer came from, as far as they are known."""
        return None if self.status is None or self._pool is None else self._pool.peer

    @property
    def sent_again(self) -> bool:
        """True if an interceptor sent more than one request."""
        return self._requests > 1

    @property
    def progress(self) -> Progress:
        """How far the attempt has come."""
        if self.status is not None:
            return "answered"
        if self._requests == 0:
            return "unsent"
        return "connecting" if self._nothing_sent else "sent"

    @property
    def reached(self) -> Sent:
        """Tells whether the server may have read the data sent, so far as no error shows it."""
        if self.status is not None:
            return "yes"
        is_unsent = self._requests == 0 or (self._requests == 1 and self._nothing_sent)
        return "no" if is_unsent else "maybe"

    def ended_early(self) -> bool:
        """Reports whether a good answer ended in an envelope, or before the protocol's end."""
        envelopes, protocol = self.envelopes, self.shape.protocol
        if envelopes is None or not self.good or not self.is_of_protocol:
            return False
        if envelopes.end_complete:
            # Data after the end is another matter.
            is_read = protocol == "grpc-web" and not envelopes.end_compressed
            return is_read and "grpc-status" not in trailers_of(bytes(envelopes.end))[0]
        if not self.body_ended:
            return False
        # A status in headers counts if there is no body.
        in_trailers = self.trailers is not None and "grpc-status" in self.trailers
        in_headers = not envelopes.begun and "grpc-status" in self._headers()
        return envelopes.midway or protocol == "connect" or not (in_trailers or in_headers)

    def get(self, name: str) -> str | None:
        """Returns a header of the answer, or a trailer of that name.

        The Connect protocol sends the trailers of unary calls as headers with the prefix
        `trailer-`. An error has the trailers of a body, too.
        """
        headers = self._headers()
        found = joined(headers, name)
        if found is None:
            found = joined(headers, _PREFIX + name)
        if found is None and self.trailers is not None:
            found = joined(self.trailers, name)
        if found is None and self.wire_error is not None:
            values = self.wire_error.metadata.getall(name)
            found = ", ".join(values) if values else None
        return found

    @property
    def metadata(self) -> connectrpc.request.Headers:
        """Headers and trailers of the answer, as an error has them."""
        if self.wire_error is not None:
            return self.wire_error.metadata
        return metadata_of(self.headers, self.trailers)

    def shown_headers(self) -> connectrpc.request.Headers:
        """Returns the headers of the answer as a caller sees them."""
        headers = self._headers()
        if self._has_prefixed_trailers:
            return connectrpc.request.Headers(
                [each for each in headers.items() if not each[0].startswith(_PREFIX)]
            )
        return metadata_of(headers)

    def shown_trailers(self) -> connectrpc.request.Headers:
        """Returns the trailers of a good answer as a caller sees them, wherever they are."""
        if self._has_prefixed_trailers:
            return connectrpc.request.Headers(
                [
                    (name.removeprefix(_PREFIX), value)
                    for name, value in self._headers().items()
                    if name.startswith(_PREFIX)
                ]
            )
        answer = self.answer()
        end = None if answer is None else end_of_stream(answer)
        if end is None:
            return metadata_of(self.trailers)
        if self.shape.protocol == "grpc-web":
            return metadata_of(trailers_of(end)[0])
        return end_metadata(json_object(parse_json(end)))

    def read_error(self, error: ConnectError) -> ConnectError:
        """Returns the error of a failed attempt.

        Args:
            error: What Connect failed with.

        Returns:
            The error that the server put into its answer, or else Connect's, in words.
        """
        if error is self._told:
            return error
        self._told = told = self._read_error(error)
        return told

    def answer(self) -> ReadAnswer | None:
        """Returns what is known of the answer; None before its head has come."""
        if self.headers is None:
            return None
        return ReadAnswer(
            shape=self.shape,
            status=self.status or 0,
            asked_type=self.asked_type,
            has_good_status=self.good,
            good=self.good and self.is_of_protocol,
            headers=self.headers,
            trailers=self.trailers,
            error_body=self.error_body,
            envelopes=self.envelopes,
        )

    @property
    def _is_own(self) -> bool:
        return self._pool is not None and self._pool.is_own

    @property
    def _has_prefixed_trailers(self) -> bool:
        return self.shape.protocol == "connect" and not self.shape.enveloped

    @property
    def _nothing_sent(self) -> bool:
        unasked = self._has_body and self.asked_ms is None
        return self._requests > 0 and (unasked or self.queued is not None)

    def _headers(self) -> Headers:
        return _NONE if self.headers is None else self.headers

    def _read_error(self, error: ConnectError) -> ConnectError:
        if error is self.wire_error or error is self.over_limit or self._failure is not None:
            return error
        answer = self.answer()
        if answer is None:
            return error
        if self.good and error.code == Code.RESOURCE_EXHAUSTED and not isinstance(error, WireError):
            # A limit of ours: what a server states of a good answer was raised as a WireError.
            return error
        try:
            self.wire_error = read_wire_error(answer)
        except ConnectError as over_limit:
            return over_limit
        self.unread = answer.unread
        return self.wire_error or in_words(answer, error)


_NONE = Headers()
