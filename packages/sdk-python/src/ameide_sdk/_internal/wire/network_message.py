"""Words for connections that failed, and for answers that are not of the protocol."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connectrpc.code import Code
from connectrpc.errors import ConnectError

from ameide_sdk._internal.errors.network_errors import network_text
from ameide_sdk._internal.wire.media_type import joined, media_type

if TYPE_CHECKING:
    from ameide_sdk._internal.wire.recorder import Recording

_OUR_TYPES = re.compile(r"application/(?:json|proto|connect\+|grpc)")
_STATUS_ALONE = re.compile(r"HTTP \d{3}|$")
_CONNECT_ERROR = re.compile(r"\bconnect E[A-Z]+$")
_ADDRESS = re.compile(r"\d+(?:\.\d+){3}:|[0-9a-f:.]*:[0-9a-f:.]*:\d+$")
# Statuses of a server that has no such service at this address. Other statuses may be transient.
_NOT_HERE = (404, 405)


def network_message(reason: BaseException, where: str) -> str:
    """Says what happened to a connection, and where.

    Args:
        reason: The failure.
        where: Host and port of the request.
    """
    text = network_text(reason) or "the connection failed"
    if where in text:
        return text
    if _CONNECT_ERROR.search(text) is not None and _ADDRESS.match(where) is not None:
        # Of a name, pyqwest does not tell which address it has tried.
        return f"{text} {where}"
    return f"{text} (at {where})"


def is_strangers(head: Recording, error: ConnectError) -> bool:
    """Reports whether an answer is not of the protocol.

    It comes from a gateway, a page, another server.
    """
    if head.status is None or head.headers is None:
        return False
    if head.wire_error is not None or error.code == Code.RESOURCE_EXHAUSTED:
        return False
    if head.good:
        return _OUR_TYPES.match(media_type(joined(head.headers, "content-type"))) is None
    # After a bad status, the message is the status, unless the server sent words of its own.
    return _STATUS_ALONE.match(error.message) is not None


def strangers_message(text: str, head: Recording, url: str) -> str:
    """Says what was answered, and by which address, without its query.

    Args:
        text: Description of the answer.
        head: Its status.
        url: Address of the request.
    """
    status = head.status or 0
    address = urlsplit(url)
    is_redirect = 300 <= status < 400
    redirect = ", a redirect, which is not followed" if is_redirect else ""
    is_doubtful = head.good or is_redirect or status in _NOT_HERE
    doubt = "; is base_url right?" if is_doubtful else ""
    origin = f"{address.scheme}://{address.netloc}"
    return f"{text or f'HTTP {status}'} from {origin}{address.path}{redirect}{doubt}"
