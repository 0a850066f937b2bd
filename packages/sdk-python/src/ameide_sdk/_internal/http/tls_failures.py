"""Failures to connect, in words that say what to do."""

from __future__ import annotations

from pyqwest import ConnectTimeout, WriteError

from ameide_sdk._internal.errors.network_errors import ConnectingError, network_errors

NO_VERSION = "fatal alert: NoApplicationProtocol"
"""Words for a server that speaks no HTTP version that was offered."""

_REFUSED = "the server refuses the client certificate (tls)"
_NO_COMMON_VERSION = "client and server have no TLS version in common"
# By what rustls says. None of them is transient.
_WORDS = {
    "CertificateRequired": "the server asks for a client certificate (tls)",
    "HandshakeFailure": "the server takes no TLS that is offered: it may ask for a client "
    "certificate (tls), or for other ciphers",
    "UnknownCA": "the server does not know the authority of the client certificate (tls)",
    "BadCertificate": _REFUSED,
    "UnsupportedCertificate": _REFUSED,
    "CertificateRevoked": "the client certificate (tls) is revoked",
    "CertificateExpired": "the client certificate (tls) has expired",
    "CertificateUnknown": _REFUSED,
    "AccessDenied": _REFUSED,
    "DecryptError": _REFUSED,
    "ProtocolVersion": _NO_COMMON_VERSION,
    "InsufficientSecurity": "client and server have no TLS cipher in common",
    "UnrecognisedName": "the server does not know the host's name",
    "InvalidContentType": "the server does not speak TLS on this port; is it http?",
    "UnknownIssuer": "the authority of the certificate is not known; state it by tls.ca",
    "proxy authorization required": "the proxy wants a user and password (proxy)",
}
_NO_CERTIFICATE = (
    "the server closed the connection right after the TLS handshake; "
    "does it want a client certificate (tls)?"
)
_NO_HTTP2 = "the server may not speak HTTP/2 without TLS, or speak TLS; leave http_version out"
# By what hyper says of bytes that are no HTTP/1.1.
_NO_HTTP1 = ("invalid HTTP version parsed", "received unexpected message from connection")
_ONLY_HTTP2 = 'only HTTP/2 (http_version="2")'
_NO_TLS = "the server may not speak TLS on this port; is it http?"


def in_words(
    error: Exception, *, advice: str, is_secure: bool, connect_timeout_ms: float
) -> Exception:
    """Puts what a failure to connect means before what the HTTP client says.

    Args:
        error: What it failed with.
        advice: HTTP version that the server is asked for, and what to do if it has none.
        is_secure: True for TLS.
        connect_timeout_ms: Longest time to connect.

    Returns:
        The error itself if there is nothing to say.
    """
    text = str(error)
    if isinstance(error, ConnectTimeout):
        what = "the connection and the TLS handshake" if is_secure else "the connection"
        after = f"no connection stood after {connect_timeout_ms:g} ms (connect_timeout)"
        told = f"{after}: waited for {what}"
    elif NO_VERSION in text:
        told = f"the server does not speak {advice}"
    elif isinstance(error, WriteError) and text.endswith("channel closed"):
        told = _NO_CERTIFICATE if is_secure else _NO_HTTP2
    elif any(said in text for said in _NO_HTTP1):
        may = _ONLY_HTTP2 if is_secure else f"TLS (use https) or {_ONLY_HTTP2}"
        told = f"the server does not answer in HTTP/1.1; it may speak {may}"
    elif "tls handshake eof" in text:
        told = _NO_TLS
    else:
        told = next((words for said, words in _WORDS.items() if said in text), "")
    if not told:
        return error
    failure = ConnectingError(told, network_errors(error)[0].kind)
    failure.__cause__ = error
    return failure
