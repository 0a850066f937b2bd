package ameide

import (
	"fmt"
	"strings"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// A verdictSubject is what a verdict is about.
type verdictSubject struct {
	policy *policy.Effective
	kind   policy.Kind
	// Tokens come from a provider: one that is refused is renewed.
	renewsTokens bool
	// The policy is only watched.
	observe bool
}

// verdictOf says which failures of a method are repeated: how often, of which classes, and by what fact. What a call
// says for itself is not in it.
func verdictOf(subject verdictSubject) string {
	values, sources := &subject.policy.Values, &subject.policy.Sources
	if !values.Retry {
		return fmt.Sprintf("no failure is repeated: retries are off (%s)", sources[policy.Retry])
	}
	verdict := repeatedFailures(subject)
	if values.MaxAttempts == 1 {
		verdict = fmt.Sprintf("repeated once, at once: NOT_SENT; maxAttempts is 1 (%s)", sources[policy.MaxAttempts])
	}
	if values.WaitForReady {
		verdict += fmt.Sprintf("; until the deadline while nothing was sent: waitForReady is on (%s)",
			sources[policy.WaitForReady])
	}
	if subject.observe {
		return "no failure is repeated in observe mode; else " + verdict
	}
	return verdict
}

func repeatedFailures(subject verdictSubject) string {
	values, sources := &subject.policy.Values, &subject.policy.Sources
	often := fmt.Sprintf("repeated, up to %d attempts", values.MaxAttempts)
	renewed := ""
	if subject.renewsTokens {
		renewed = ", and one unauthenticated, with a new token"
	}
	switch subject.kind {
	case policy.ClientStreaming, policy.BidiStreaming:
		return fmt.Sprintf("%s while no message was taken: NOT_SENT%s; it streams its requests", often, renewed)
	case policy.ServerStreaming:
		often += " until the first message"
	}
	if proof := proofOf(subject.policy); proof != "" {
		codes := strings.Join(append([]string{policy.CodeUnavailable}, values.RetryableCodes...), ", ")
		return fmt.Sprintf("%s: NOT_SENT, AMBIGUOUS, THROTTLE, TRANSIENT (%s)%s; %s", often, codes, renewed, proof)
	}
	const why = "it states no idempotency level and carries no key"
	if values.RequireIdempotency {
		return fmt.Sprintf("%s: NOT_SENT alone; %s, requireIdempotency is on (%s)",
			often, why, sources[policy.RequireIdempotency])
	}
	return fmt.Sprintf("%s: NOT_SENT, and what the server asks to repeat%s; %s", often, renewed, why)
}

// The fact by which a second execution does no harm; empty for none.
func proofOf(effective *policy.Effective) string {
	values, sources := &effective.Values, &effective.Sources
	switch {
	case values.Idempotency != policy.UnknownIdempotency:
		level := strings.ToUpper(string(values.Idempotency))
		return fmt.Sprintf("it is %s (%s)", level, sources[policy.IdempotencyLevel])
	case values.CarriesIdempotencyKey && values.IdempotencyKey == policy.KeyAuto:
		return fmt.Sprintf("it carries an idempotency key (%s)", sources[policy.CarriesIdempotencyKey])
	case values.RequestIDField != "":
		return fmt.Sprintf("its field %s names the request (%s)", values.RequestIDField, sources[policy.RequestIDField])
	}
	return ""
}
