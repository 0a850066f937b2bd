"""Which failures of a method are retried, in words."""

from __future__ import annotations

from dataclasses import dataclass

from ameide_sdk._internal.policy.policy import EffectivePolicy
from ameide_sdk._internal.policy.policy_table import MethodKind


@dataclass(frozen=True, slots=True)
class VerdictSubject:
    """Subject of a verdict.

    Attributes:
        renews_tokens: True if tokens come from a provider, so that a refused one is renewed.
        observe: True if the policy is only watched.
    """

    policy: EffectivePolicy
    kind: MethodKind
    renews_tokens: bool
    observe: bool


def verdict_of(subject: VerdictSubject) -> str:
    """Says which failures of a method are retried.

    That is how often, of which classes (§3.1 to §3.4), and by which fact. Settings of a call are
    not included.
    """
    values, sources = subject.policy.values, subject.policy.sources
    if not values.retry:
        return f"no failure is repeated: retries are off ({sources['retry']})"
    if values.max_attempts == 1:
        limited = f"repeated once, at once: NOT_SENT; maxAttempts is 1 ({sources['max_attempts']})"
    else:
        limited = _repeated(subject)
    beyond = ""
    if values.wait_for_ready:
        beyond = (
            "; until the deadline while nothing was sent: waitForReady is on "
            f"({sources['wait_for_ready']})"
        )
    verdict = f"{limited}{beyond}"
    return f"no failure is repeated in observe mode; else {verdict}" if subject.observe else verdict


def _repeated(subject: VerdictSubject) -> str:
    values, sources = subject.policy.values, subject.policy.sources
    up_to = f"repeated, up to {values.max_attempts} attempts"
    renewed = ", and one unauthenticated, with a new token" if subject.renews_tokens else ""
    if subject.kind in ("client_streaming", "bidi_streaming"):
        return f"{up_to} while no message was taken: NOT_SENT{renewed}; it streams its requests"
    often = f"{up_to} until the first message" if subject.kind == "server_streaming" else up_to
    proof = _proof_of(subject.policy)
    if proof is not None:
        codes = ", ".join(("unavailable", *values.retryable_codes))
        return f"{often}: NOT_SENT, AMBIGUOUS, THROTTLE, TRANSIENT ({codes}){renewed}; {proof}"
    why = "it states no idempotency level and carries no key"
    if values.require_idempotency:
        source = sources["require_idempotency"]
        return f"{often}: NOT_SENT alone; {why}, requireIdempotency is on ({source})"
    return f"{often}: NOT_SENT, and what the server asks to repeat{renewed}; {why}"


# Names the fact by which a second execution does no harm.
def _proof_of(policy: EffectivePolicy) -> str | None:
    values, sources = policy.values, policy.sources
    if values.idempotency != "unknown":
        return f"it is {values.idempotency.upper()} ({sources['idempotency']})"
    if values.carries_idempotency_key and values.idempotency_key == "auto":
        return f"it carries an idempotency key ({sources['carries_idempotency_key']})"
    if values.request_id_field is None:
        return None
    return f"its field {values.request_id_field} names the request ({sources['request_id_field']})"
