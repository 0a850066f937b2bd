"""Media types and content codings as servers write them."""

from __future__ import annotations

import re

from pyqwest import Headers

# RFC 9110, section 8.4.1: codings ignore case, and some have an older name.
_CODINGS = {"x-gzip": "gzip"}
# Prefix of the Connect protocol for trailers, without the name of one.
_NO_TRAILER = "trailer-"
# Spelling that servers usually send, and Connect knows.
_USUAL = re.compile(r"[a-z/+-]+")


def joined(headers: Headers, name: str) -> str | None:
    """Returns the values of a header as one (RFC 9110, section 5.3); None if it is absent."""
    values = headers.getall(name)
    if len(values) == 1:
        return values[0]
    return ", ".join(values) if values else None


def media_type(content_type: str | None) -> str:
    """Returns a media type in lower case, without parameters.

    None of those matters for the types of the protocols (RFC 9110, section 8.3.1).
    """
    return (content_type or "").partition(";")[0].strip().lower()


def content_codings(value: str) -> list[str]:
    """Returns the names of `content-encoding` in order, in lower case.

    Empty members of the list are left out (RFC 9110, sections 5.6.1 and 8.4.1).
    """
    names = (each.strip().lower() for each in value.split(","))
    return [_CODINGS.get(name, name) for name in names if name]


def usual_spelling(headers: Headers) -> Headers:
    """Returns the headers of an answer in the spelling that Connect reads.

    It knows a media type and a content coding in their usual form only, and takes the prefix of
    trailers for one. Returns the same object if nothing differs.
    """
    content_type = joined(headers, "content-type")
    coding = joined(headers, "content-encoding")
    is_usual = content_type is None or _USUAL.fullmatch(content_type) is not None
    if is_usual and coding is None and _NO_TRAILER not in headers:
        return headers
    usual = Headers(headers.items())
    usual.pop(_NO_TRAILER, None)
    if content_type is not None:
        usual["content-type"] = media_type(content_type)
    if coding is not None:
        codings = ", ".join(content_codings(coding))
        if codings:
            usual["content-encoding"] = codings
        else:
            del usual["content-encoding"]
    return usual
