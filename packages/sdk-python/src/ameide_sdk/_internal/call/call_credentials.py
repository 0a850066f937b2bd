"""The credentials of one call, and its waits for them."""

from __future__ import annotations

from collections.abc import Callable

from ameide_sdk._internal.auth.credential import Credential
from ameide_sdk._internal.auth.token_wait import TokenWait
from ameide_sdk._internal.call.call_plan import CallPlan
from ameide_sdk._internal.call.renewal import Renewal
from ameide_sdk._internal.runtime.flow import Flow
from ameide_sdk._internal.runtime.waiter import Waiter


class CallCredentials:
    """Gets the credential of each attempt.

    Attributes:
        renew: Gets one that is newer than the last, for the next attempt.
        token_wait: The wait under way, or the last one if it ended without a token.
    """

    def __init__(self, plan: CallPlan, waiter: Waiter) -> None:
        """Asks for nothing yet."""
        self._plan = plan
        self._waiter = waiter
        self.renew: Renewal | None = None
        self.token_wait: TokenWait | None = None

    def get(self, is_over: Callable[[], bool]) -> Flow[Credential | None]:
        """Gets a credential, and waits for a token if it has to.

        Args:
            is_over: Reports whether the call has ended.

        Returns:
            None if the call has none, if it has ended, or if its deadline has come.

        Raises:
            AmeideError: If the provider failed.
        """
        source, renew = self._plan.credentials, self.renew
        self.renew = None
        if source is None:
            return None
        request, waiter = self._plan.credential_request, self._waiter
        result = source.get(request, waiter) if renew is None else renew(waiter)
        if not isinstance(result, TokenWait):
            return result
        if is_over():
            result.leave()
            return None
        self.token_wait = result
        return (yield from result.flow(is_over))
