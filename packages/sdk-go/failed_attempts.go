package ameide

import (
	"time"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// A failedAttempt is an attempt that failed, and how.
type failedAttempt struct {
	attempt *attempt
	failure *policy.Failure
	class   policy.RetryClass
	err     *connect.Error
	// When it failed.
	at time.Time
}

// followed is what came after a failed attempt: another, after a wait, or nothing, for a reason.
type followed struct {
	delay       time.Duration
	transparent bool
	stopReason  StopReason
}

// withAttempt is the failed attempts of a call with one more. Of those that follow each other while a call waits for a
// server the last is kept: there is no bound to how many there are.
func withAttempt(list []AttemptFailure, failed AttemptFailure, then followed) []AttemptFailure {
	failed.Delay, failed.Transparent = then.delay, then.transparent
	if last := len(list) - 1; last >= 0 && isWait(list[last]) && isWait(failed) {
		list = list[:last]
	}
	// What errors have of it stays as it is.
	return append(list[:len(list):len(list)], failed)
}

// What else is transparent follows at once.
func isWait(failed AttemptFailure) bool {
	return failed.Transparent && failed.Delay > 0
}
