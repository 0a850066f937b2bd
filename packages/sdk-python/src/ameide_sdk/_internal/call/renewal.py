"""Whether a refused credential is answered with a replay."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from ameide_sdk._internal.auth.credential import Credential
from ameide_sdk._internal.auth.token_wait import TokenWait
from ameide_sdk._internal.policy.failure import Failure
from ameide_sdk._internal.policy.policy import PolicyValues
from ameide_sdk._internal.policy.retry import InputState, RetryState, may_replay_with_new_token
from ameide_sdk._internal.runtime.waiter import Waiter

if TYPE_CHECKING:
    from ameide_sdk._internal.call.call_plan import CallPlan

Renewal: TypeAlias = Callable[[Waiter], Credential | TokenWait]
"""Gets a credential newer than the one that was refused."""


def renewal(
    plan: CallPlan,
    refused: Credential | None,
    *,
    failure: Failure,
    policy: PolicyValues,
    state: RetryState,
    replayed: bool,
    input_state: InputState,
    committed: bool,
) -> Renewal | None:
    """Returns how to renew a refused credential.

    Args:
        refused: Credential that the attempt was sent with.

    Returns:
        None if the call may not be replayed with another; then the next call gets a newer one.
    """
    source = plan.credentials
    if source is None or refused is None:
        return None
    key_sent = plan.key_sent or (policy is plan.observed and plan.key_withheld)
    request = plan.credential_request
    if may_replay_with_new_token(
        failure=failure,
        policy=policy,
        state=state,
        key_sent=key_sent,
        replayed=replayed,
        input_state=input_state,
        committed=committed,
    ):
        if not source.can_renew(request, refused):
            return None
        return lambda waiter: source.renew(request, refused, waiter)
    if failure.code == "unauthenticated" and failure.origin == "server" and not replayed:
        source.refuse(request, refused)
    return None
