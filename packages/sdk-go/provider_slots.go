package ameide

import (
	"slices"
	"time"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// providerSlots limits how many requests to a provider are under way at once. The lock of the store guards it.
type providerSlots struct {
	constants *policy.Constants
	// Those that began first come first.
	taken []*tokenFlight
	queue []*tokenWait
}

// isFree says whether there may be one more. One that is old is not counted: it may never end.
func (s *providerSlots) isFree() bool {
	countedFrom := time.Now().Add(-msDuration(s.constants.TokenJoinMs))
	for len(s.taken) > 0 && !s.taken[0].started.After(countedFrom) {
		s.taken = s.taken[1:]
	}
	return int64(len(s.taken)) < s.constants.MaxTokenRequests
}

func (s *providerSlots) take(flight *tokenFlight) { s.taken = append(s.taken, flight) }

// release is told that a request has ended: the next is woken.
func (s *providerSlots) release(flight *tokenFlight) {
	if i := slices.Index(s.taken, flight); i >= 0 {
		s.taken = slices.Delete(s.taken, i, i+1)
	}
	if len(s.queue) > 0 && s.isFree() {
		next := s.queue[0]
		s.queue = s.queue[1:]
		next.wake()
	}
}

// enqueue has somebody wait for a free one.
func (s *providerSlots) enqueue(wait *tokenWait) {
	if !slices.Contains(s.queue, wait) {
		s.queue = append(s.queue, wait)
	}
}

func (s *providerSlots) leave(wait *tokenWait) {
	if i := slices.Index(s.queue, wait); i >= 0 {
		s.queue = slices.Delete(s.queue, i, i+1)
	}
}
