"""Ids of requests and keys of idempotency."""

from __future__ import annotations

import re
from collections.abc import Callable


def uuid_v7(wall_now_ms: float, random: Callable[[int], bytes]) -> str:
    """Returns a UUIDv7 (RFC 9562, section 5.7), lower-case.

    It has 48 bits of epoch milliseconds, the rest is random. Ids sort by the time they were made.
    """
    return _format(int(wall_now_ms).to_bytes(6, "big") + random(16)[6:], 7)


def uuid_v4(random: Callable[[int], bytes]) -> str:
    """Returns a UUIDv4 (RFC 9562, section 5.4), lower-case: random."""
    return _format(random(16), 4)


_REQUEST_ID = re.compile(r"[!-~]{1,128}")
_IDEMPOTENCY_KEY = re.compile(r"[!-~](?:[ -~]{0,253}[!-~])?")


def is_request_id(value: object) -> bool:
    """Reports whether a value may be sent as `x-request-id`: 1 to 128 visible ASCII."""
    return isinstance(value, str) and _REQUEST_ID.fullmatch(value) is not None


def is_idempotency_key(value: object) -> bool:
    """Reports whether a value may be sent as `idempotency-key`: 1 to 255 printable ASCII.

    It must not begin or end with a space.
    """
    return isinstance(value, str) and _IDEMPOTENCY_KEY.fullmatch(value) is not None


# RFC 9562, sections 4.1 and 4.2: the variant and the version are 6 of the bits.
def _format(data: bytes, version: int) -> str:
    bits = int.from_bytes(data, "big") & ~(0xF << 76) & ~(0b11 << 62)
    text = f"{bits | version << 76 | 0b10 << 62:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
