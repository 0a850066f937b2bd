"""Texts of exceptions that others raised."""

from __future__ import annotations

import errno
import re
import unicodedata
from collections.abc import Callable
from urllib.parse import urlsplit

from connectrpc.errors import ConnectError

from ameide_sdk._internal.errors.causes import causes_of
from ameide_sdk._internal.policy.policy_table import BOUNDS


def thrown_text(thrown: BaseException) -> str:
    """Returns the texts of an exception and its causes, each once; empty if there are none.

    An exception without a text is named by its class, and an error number that no text names is
    added. Queries, users and passwords of addresses and control characters are removed.
    """
    return _joined(thrown, lambda text: text)


def _joined(thrown: BaseException, hide: Callable[[str], str]) -> str:
    texts: list[str] = []
    codes: list[str] = []
    for each in causes_of(thrown):
        text = hide(_clean(text_of(each)))[: BOUNDS.max_thrown_characters].strip()
        if (
            text
            and len(texts) < BOUNDS.max_thrown_texts
            and not any(text in each for each in texts)
        ):
            texts.append(text)
        if isinstance(each, OSError) and each.errno is not None:
            codes.append(errno.errorcode.get(each.errno, ""))
    told = ": ".join(texts)
    for code in codes:
        if code not in told:
            told += f" ({code})" if told else code
    return told


def text_of(thrown: BaseException) -> str:
    """Returns the text of an exception, or the name of its class if there is none."""
    try:
        text = thrown.message if isinstance(thrown, ConnectError) else str(thrown)
    except Exception:
        text = ""
    return text or type(thrown).__name__


def thrown_text_without_tokens(thrown: BaseException) -> str:
    """Does the same, and removes text that looks like a credential.

    For exceptions of code that handles some.
    """
    # One text may end in the name of a secret, and the next be the secret.
    return _without_tokens(_joined(thrown, _without_tokens))


def _without_tokens(text: str) -> str:
    text = _PEM.sub("REDACTED", text)
    text = _NAMED.sub(r"\1REDACTED", text)
    text = _JWT.sub("REDACTED", text)
    return _OPAQUE.sub(_without_opaque, text)


# A key that was cut off has no end.
_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|$)")
# Matches `client_secret=…`, `"access_token":"…"`, `SecretAccessKey: …`, `Authorization: Bearer …`.
_NAMED = re.compile(
    r"""((?:(?:token|assertion|code|credential)["']?\s*="""
    r"""|(?:token|assertion|code|credential)["']\s*:"""
    r"""|(?:secret(?:[-_]?access)?(?:[-_]?key)?|passw(?:or)?d|pwd|(?:api|access|private)[-_]?key"""
    r"""|authorization)["']?\s*[=:])\s*["']?(?:(?:bearer|basic)\s+)?)[^\s"'&,;)\]}]+""",
    re.IGNORECASE,
)
_JWT = re.compile(r"\beyJ[\w-]+(?:\.[\w-]*)*", re.ASCII)
# Matches unbroken letters and digits, longer than words and identifiers.
_OPAQUE = re.compile(r"[\w+=]{16,}", re.ASCII)
_ADDRESS = re.compile(r"""[a-z][a-z0-9+.-]*://[^\s"'<>()]+""", re.IGNORECASE)


def _without_opaque(found: re.Match[str]) -> str:
    run = found[0]
    mixed = any(each.isdigit() for each in run) and any(each.isalpha() for each in run)
    return "REDACTED" if mixed else run


# What is hidden makes room for what follows it.
_READ_CHARACTERS = 4 * BOUNDS.max_thrown_characters
# Part of an address or a token, which may not look like one.
_LAST_RUN = re.compile(r"""[^\s"'<>()]*\Z""")


def _clean(text: str) -> str:
    if len(text) > _READ_CHARACTERS:
        text = _LAST_RUN.sub("", text[:_READ_CHARACTERS])
    text = _ADDRESS.sub(_without_secrets, text)
    marked = "".join("\0" if unicodedata.category(each) in _CONTROL else each for each in text)
    return re.sub("\0+", " ", marked).strip()


# Ends of lines too, and surrogates, which cannot be encoded.
_CONTROL = ("Cc", "Cf", "Cs", "Zl", "Zp")


def _without_secrets(found: re.Match[str]) -> str:
    try:
        parts = urlsplit(found[0])
        host = parts.hostname or ""
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        return "an address"
    if not host:
        return "an address"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}{parts.path}"
