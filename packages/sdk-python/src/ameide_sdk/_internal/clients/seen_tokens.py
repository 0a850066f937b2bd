"""Page tokens of a list that have come."""

from __future__ import annotations

from ameide_sdk._internal.policy.policy_table import BOUNDS


class SeenTokens:
    """Remembers the last mebibyte of page tokens, and one older.

    By the older one a loop of any length is found (Brent's algorithm).
    """

    def __init__(self) -> None:
        """Begins with none."""
        self._latest: dict[str, None] = {}
        self._characters = 0
        self._mark: str | None = None
        self._marked_at = 1

    def add(self, token: str, count: int) -> None:
        """Adds a token.

        Args:
            count: Position of the token, from 1.
        """
        if count >= 2 * self._marked_at:
            self._mark = token
            self._marked_at = count
        self._latest[token] = None
        self._characters += len(token)
        while self._characters > BOUNDS.max_page_token_characters:
            oldest = next(iter(self._latest))
            del self._latest[oldest]
            self._characters -= len(oldest)

    def __contains__(self, token: str) -> bool:
        """Reports whether a token has come before."""
        return token == self._mark or token in self._latest
