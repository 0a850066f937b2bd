package ameide

import (
	"fmt"
	"strings"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// explainStop is the fact that decided about a retry, in words, and what wait the server asked for. The failure may be
// nil; made is how many attempts were made, those included that do not count.
func explainStop(stopReason StopReason, plan *callPlan, failure *policy.Failure, made int) string {
	if stopReason == "" {
		return "retried: " + whyAllowed(plan, failure)
	}
	fact := "not retried: " + whyStopped(stopReason, plan, failure, made)
	if failure == nil || failure.Origin == policy.OriginClient {
		return fact
	}
	asked, isAsked := failure.Hint.Delay()
	if !isAsked {
		return fact
	}
	return fmt.Sprintf("%s; the server asked for a wait of %d ms (%s)", fact, asked, hintName(failure.Hint))
}

func whyStopped(stopReason StopReason, plan *callPlan, failure *policy.Failure, made int) string {
	switch stopReason {
	case StopCanceled:
		return "the caller canceled"
	case StopCommitted:
		return "messages had reached the application"
	case StopNotRetryable:
		return whyNever(failure, plan)
	case StopNotIdempotent:
		return whyNotIdempotent(plan)
	case StopPushback:
		return "the server asked not to (grpc-retry-pushback-ms)"
	case StopAttempts:
		switch {
		case plan.policy.Retry:
			return allMade(plan, made)
		case plan.observed != nil && plan.observed.Retry:
			return onlyObserved(plan, "repeats nothing")
		default:
			return "retries of " + plan.method.name + " are off"
		}
	case StopServerDelay:
		if asked, _ := failure.Hint.Delay(); asked > plan.policy.MaxServerDelayMs {
			return fmt.Sprintf("a wait is at most maxServerDelayMs, %d ms (%s)",
				plan.policy.MaxServerDelayMs, plan.sourceOf(policy.MaxServerDelayMs))
		}
		return deadlineFirst(plan)
	case StopDeadline:
		// What we ended says itself which limit it was.
		if failure == nil || failure.Origin == policy.OriginClient {
			return "no time is left before the deadline"
		}
		return deadlineFirst(plan)
	default:
		return "the retry budget is used up"
	}
}

func whyNotIdempotent(plan *callPlan) string {
	switch {
	case !plan.shape.replays:
		return plan.method.name + " streams its request, and what was sent of it cannot be had again"
	case plan.keyWithheld:
		return onlyObserved(plan, "sends no idempotency key")
	case plan.policy.RequireIdempotency:
		return plan.method.name + " declares no idempotency level, and the server may have acted (requireIdempotency)"
	default:
		return plan.method.name + " declares no idempotency level, and the server may have acted"
	}
}

func deadlineFirst(plan *callPlan) string {
	return fmt.Sprintf("the wait would exceed the deadline of %d ms (%s)", plan.timeoutMs, plan.deadlineSource())
}

func hintName(hint *policy.Hint) string {
	switch {
	case hint.Kind != policy.HintDelay:
		return "grpc-retry-pushback-ms"
	case hint.From == policy.FromRetryInfo:
		return "google.rpc.RetryInfo"
	default:
		return string(hint.From)
	}
}

// Whether budget and time would have lasted, the events tell.
func onlyObserved(plan *callPlan, what string) string {
	would := "would have made one attempt"
	if most := plan.observed.MaxAttempts; most != 1 {
		would = fmt.Sprintf("would have made up to %d attempts", most)
	}
	return "mode is observe, which " + what + "; enforce " + would + ", as far as budget and deadline go"
}

func whyNever(failure *policy.Failure, plan *callPlan) string {
	switch {
	case failure.Mismatch == policy.MismatchCertificate:
		return "the peer's certificate was refused"
	case failure.Mismatch != "":
		return "client and server are configured incompatibly"
	case failure.Reason == ReasonRedirectRefused:
		return "redirects are not followed"
	}
	fact := failure.Code + " from the " + string(failure.Origin) + " is not a transient failure"
	if failure.Code != policy.CodeUnauthenticated {
		return fact
	}
	if failure.Origin == policy.OriginServer {
		if none := plan.noCredential(); none != "" {
			return fact + " (" + none + ")"
		}
	}
	if plan.policy.RequireIdempotency {
		return fact + ", and requireIdempotency allows no replay without proof"
	}
	return fact
}

func whyAllowed(plan *callPlan, failure *policy.Failure) string {
	switch {
	case plan.policy.WaitForReady && failure.Sent == policy.SentNo:
		return "nothing was sent, and waitForReady is on"
	case plan.policy.Idempotency != policy.UnknownIdempotency:
		return plan.method.name + " is " + strings.ToUpper(string(plan.policy.Idempotency))
	case plan.idempotencyKey != "" && plan.policy.CarriesIdempotencyKey:
		return plan.method.name + " declares idempotency_key, and one was sent"
	case plan.idempotencyKey != "":
		return "an idempotency key was sent"
	case plan.keySent:
		return plan.method.name + " declares request_id_field " + plan.policy.RequestIDField + ", which was sent"
	default:
		return "the server did not act on it, or asked for it"
	}
}

func allMade(plan *callPlan, made int) string {
	most := plan.policy.MaxAttempts
	all := fmt.Sprintf("all %d attempts of %s were made", most, plan.method.name)
	if most == 1 {
		all = "the one attempt of " + plan.method.name + " was made"
	}
	switch more := int64(made) - most; more {
	case 0:
		return all
	case 1:
		return all + ", and a transparent retry, which does not count"
	default:
		return fmt.Sprintf("%s, and %d transparent retries, which do not count", all, more)
	}
}
