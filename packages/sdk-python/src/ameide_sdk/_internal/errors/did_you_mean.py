"""Names that were meant, for names that are not known."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Returns `did you mean max_attempts? It `, to precede a rule, or an empty text.

    The text is empty if the name is not nearly a known one.
    """
    nearest = nearest_of(name, known)
    return "" if nearest is None else f"did you mean {nearest}? It "


# Longer lists do not help in an error.
_MOST_KNOWN = 8
_MOST_NEAR = 4


def not_an_option(
    name: str,
    known: Sequence[str],
    listed_in: str | None = None,
    within: Mapping[str, str] | None = None,
) -> str:
    """Returns the rule that an unknown name breaks, with the name that was meant.

    If there is none it lists all known names, or, of many, the nearest and the place where all are
    listed.

    Args:
        name: The unknown name.
        known: Names that are known in its place.
        listed_in: Name of the type that lists them.
        within: Options that are objects, by the names of their members.
    """
    owner = (within or {}).get(name)
    if owner is not None and owner in known:
        member = f'{{"{name}": …}}'
        return f"is not an option here; it is one of {owner}: {owner}={member}"
    hint = did_you_mean(name, known) or did_you_mean(_sole_around(name, known), known)
    if hint:
        return f"{hint}is not an option"
    if len(known) <= _MOST_KNOWN or listed_in is None:
        return f"is not an option; known here: {', '.join(sorted(known))}"
    everything = f"all are in the type {listed_in}"
    near = nearest_first(name, known)[:_MOST_NEAR]
    if not near:
        return f"is not an option; {everything}"
    return f"is not an option; nearest: {', '.join(near)}; {everything}"


# The one known name that contains a name: `max_attempts` for `attempts`.
def _sole_around(name: str, known: Sequence[str]) -> str:
    around = [each for each in known if name.lower() in each.lower()]
    return around[0] if len(name) >= 4 and len(around) == 1 else ""


def nearest_first(name: str, known: Sequence[str]) -> list[str]:
    """Returns the names that are near, the nearest first.

    At most half of their letters differ, or one name contains the other.
    """
    if len(name) > _MAX_LENGTH:
        return []
    lower = name.lower()

    def far_from(each: str) -> float:
        if lower in each or each in lower:
            return 0
        return _distance(lower, each, math.inf) / max(len(lower), len(each))

    far = sorted((far_from(each.lower()), each) for each in known)
    return [each for distance, each in far if distance <= 0.5]


# Longer names are not compared: the work grows with the square of their length.
_MAX_LENGTH = 256


def nearest_of(name: str, known: Iterable[str]) -> str | None:
    """Returns the name that was probably meant; None if there is none."""
    if len(name) > _MAX_LENGTH:
        return None
    nearest = None
    least: float = min(3, len(name) // 3 + 1)
    for each in known:
        edits = _distance(name.lower(), each.lower(), least)
        if edits < least:
            least, nearest = edits, each
    return nearest


# Counts letters inserted, omitted, replaced or swapped with their neighbor; does not begin if the
# lengths alone make `enough`.
def _distance(a: str, b: str, enough: float) -> float:
    if abs(len(a) - len(b)) >= enough:
        return enough
    last: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a):
        following = [i + 1]
        for j, other in enumerate(b):
            edits = min(row[j] + (letter != other), row[j + 1] + 1, following[j] + 1)
            if i > 0 and j > 0 and letter == b[j - 1] and a[i - 1] == other:
                edits = min(edits, last[j - 1] + 1)
            following.append(edits)
        last, row = row, following
    return row[-1]
