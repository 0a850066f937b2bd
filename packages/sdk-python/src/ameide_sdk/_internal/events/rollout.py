"""The part of subjects for which a feature is on."""

from __future__ import annotations

import hashlib

# Parts that subjects are spread over: a hundredth of a percent each.
_BUCKETS = 10_000


def rollout_bucket(key: str, subject: str) -> int:
    """Returns the bucket of a subject, 0 to 9999, the same in every SDK.

    It is the first four bytes of the SHA-256 of `key`, a zero byte and `subject` in UTF-8, as a
    big-endian number, modulo 10 000. Texts are not normalized: `é` composed and `é` decomposed are
    two subjects.
    """
    digest = hashlib.sha256(_utf8(f"{key}\0{subject}")).digest()
    return int.from_bytes(digest[:4], "big") % _BUCKETS


def is_within(key: str, subject: str, percent: int) -> bool:
    """Reports whether a feature that is on for a percentage is on for a subject.

    Raised, the percentage turns it off for nobody.

    Args:
        key: Key of the flag.
        subject: Whom it is for.
        percent: 0 to 100.
    """
    return rollout_bucket(key, subject) < percent * _BUCKETS // 100


# A surrogate that stands alone is replaced by U+FFFD, as browsers do.
def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        pairs = text.encode("utf-16-le", "surrogatepass")
        return pairs.decode("utf-16-le", "replace").encode()
