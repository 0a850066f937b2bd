// Package hook is what tests may put in the place of randomness, built-in numbers and timers. Only ameidetest hands it
// on, so that no application can come to depend on it.
package hook

import (
	"time"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// A Runtime replaces what a client takes from its platform. Its zero value replaces nothing.
type Runtime struct {
	// Backoff is uniform in [0, 1), one draw for each counted retry.
	Backoff func() float64
	// AuthJitter is uniform in [0, 1), one draw for each token.
	AuthJitter func() float64
	// Bytes fills what request ids and idempotency keys are made of.
	Bytes func([]byte)
	// WallNow is the time by the wall clock; time that passes is not measured by it.
	WallNow func() time.Time
	// Constants are the built-in numbers, in the place of those of the behavior.
	Constants *policy.Constants
	// OnTimer is told of each limit that is set, and gives what is called when it has ended.
	OnTimer func(limit time.Duration) (stopped func())
	// OnSleep is told of each wait between attempts.
	OnSleep func(wait time.Duration)
}

// Option makes the option of package ameide that sets a runtime. Package ameide sets it.
var Option func(*Runtime) any

// RefuseWord makes the error of package ameide for a word that is none of those that are known. Package ameide sets it.
var RefuseWord func(option, rule, word string, known ...string) error

// Over is what a runtime replaces, and beside it what another does; nil stands for one that replaces nothing.
func (r *Runtime) Over(other *Runtime) *Runtime {
	if other == nil {
		return r
	}
	both := *other
	if r.Backoff != nil {
		both.Backoff = r.Backoff
	}
	if r.AuthJitter != nil {
		both.AuthJitter = r.AuthJitter
	}
	if r.Bytes != nil {
		both.Bytes = r.Bytes
	}
	if r.WallNow != nil {
		both.WallNow = r.WallNow
	}
	if r.Constants != nil {
		both.Constants = r.Constants
	}
	if r.OnTimer != nil {
		both.OnTimer = r.OnTimer
	}
	if r.OnSleep != nil {
		both.OnSleep = r.OnSleep
	}
	return &both
}
