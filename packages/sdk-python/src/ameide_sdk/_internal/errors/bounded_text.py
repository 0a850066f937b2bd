"""Texts that are safe to keep and to print."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Characters that move a terminal's cursor, start a new line in a log, or change the writing
# direction: Unicode Cc, Zl, Zp, and what embeds, overrides or isolates a direction. A surrogate
# alone, which JSON can state, cannot be encoded.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

# A shorter secret may be part of a word.
_MIN_SECRET_LENGTH = 8


def printable(text: str) -> str:
    """Makes a text safe for logs and terminals: each control character becomes a space."""
    return _UNPRINTABLE.sub(" ", text)


def truncate(text: str, max_bytes: int) -> str:
    """Cuts a text between characters, to a number of bytes of UTF-8."""
    if len(text) * 4 <= max_bytes:
        return text
    # No character takes less than a byte.
    head = text[: max_bytes + 1].encode("utf-8", "surrogatepass")
    if len(head) <= max_bytes:
        return text
    cut = max_bytes
    while head[cut] & 0xC0 == 0x80:
        cut -= 1
    return head[:cut].decode("utf-8", "surrogatepass")


def summary(text: str, max_bytes: int) -> str:
    """Does both, and marks a cut."""
    kept = truncate(text, max_bytes)
    return printable(text if len(kept) == len(text) else f"{kept}…")


def redact(text: str, secrets: Iterable[str]) -> str:
    """Removes the SDK's secrets from a server's text, in upper or lower case.

    Without a pattern: its search takes the product of both lengths.
    """
    for secret in secrets:
        if _MIN_SECRET_LENGTH <= len(secret) <= len(text):
            text = _without(text, secret)
    return text


def _without(text: str, secret: str) -> str:
    within, sought = _folded(text), _folded(secret)
    kept: list[str] = []
    start = 0
    while (at := within.find(sought, start)) >= 0:
        kept.append(text[start:at])
        start = at + len(sought)
    return "REDACTED".join([*kept, text[start:]])


def _folded(text: str) -> str:
    """Puts a text in lower case, of the same length."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(each.lower() if len(each.lower()) == 1 else each for each in text)
