package ameide

import (
	"context"
	"math"
	"slices"
	"time"
)

// A tokenWait is one call that waits for a token. It joins the request that is under way, and makes one of its own where
// there is none, or where that one takes too long. The lock of the store guards it.
type tokenWait struct {
	cache   *tokenCache
	entry   *tokenEntry
	request *credentialRequest
	// refused is the generation of a token the server refused; 0 where none was.
	refused int64

	// flight is the request it waits for; nil before there is room for one.
	flight *tokenFlight
	own    bool

	patientUntil, giveUp time.Time

	// How it ended.
	over       bool
	credential *credential
	err        *Error
	// There is something to look at.
	changed chan struct{}
}

func newTokenWait(cache *tokenCache, entry *tokenEntry, request *credentialRequest, refused int64) *tokenWait {
	now, constants := time.Now(), cache.constants
	patience := msDuration(constants.TokenJoinMs)
	if !request.deadline.IsZero() {
		left := float64(request.deadline.Sub(now).Milliseconds())
		patience = min(patience, msDuration(int64(math.Floor(left*constants.TokenJoinShare))))
	}
	return &tokenWait{
		cache: cache, entry: entry, request: request, refused: refused,
		patientUntil: now.Add(patience),
		giveUp:       now.Add(msDuration(constants.TokenTimeoutMs)),
		changed:      make(chan struct{}, 1),
	}
}

// wait waits for a token, with the lock of the store held before and after.
func (w *tokenWait) wait(ctx context.Context) (*credential, error) {
	store := w.cache.store
	w.entry.waits = append(w.entry.waits, w)
	store.waits[w] = struct{}{}
	defer w.leave()
	for {
		due := w.look()
		if w.over {
			break
		}
		set := w.arm(due)
		store.mu.Unlock()
		select {
		case <-w.changed:
		case <-ctx.Done():
		}
		if set != nil {
			set.stop()
		}
		store.mu.Lock()
		if w.over {
			break
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	if w.err != nil {
		return nil, w.err
	}
	return w.credential, nil
}

// look sees what there is to wait for, and when to look again.
func (w *tokenWait) look() (due time.Time) {
	now, cache, entry := time.Now(), w.cache, w.entry
	if !now.Before(w.giveUp) {
		var own *tokenFlight
		if w.own {
			own = w.flight
		}
		w.fail(cache.gaveUp(entry, own))
		return due
	}
	if w.own {
		return w.giveUp
	}
	if w.flight = w.joinable(now); w.flight != nil {
		return earlier(w.joinUntil(w.flight), w.giveUp)
	}
	switch {
	case cache.isPaused(entry):
		w.fail(entry.failure.err)
	case cache.slots.isFree():
		w.own = true
		cache.slots.leave(w)
		cache.ask(entry, w.request, w.refused > 0, w)
		return w.giveUp
	default:
		cache.slots.enqueue(w)
	}
	return earlier(now.Add(msDuration(cache.constants.ProviderPauseMs)), w.giveUp)
}

func (w *tokenWait) joinable(now time.Time) *tokenFlight {
	if flight := w.entry.flight; flight != nil && now.Before(w.joinUntil(flight)) {
		return flight
	}
	return nil
}

// One that has just begun is not doubled, however little time its callers have.
func (w *tokenWait) joinUntil(flight *tokenFlight) time.Time {
	constants := w.cache.constants
	until := earlier(flight.started.Add(msDuration(constants.TokenJoinMs)), w.patientUntil)
	if least := flight.started.Add(msDuration(constants.ProviderPauseMs)); until.Before(least) {
		return least
	}
	return until
}

// arm sets the timer for the next look, unless the call's own deadline ends it before.
func (w *tokenWait) arm(due time.Time) *timer {
	if !w.request.deadline.IsZero() && !due.Before(w.request.deadline) {
		return nil
	}
	return w.cache.timers.after(time.Until(due), w.wake)
}

// wake has it look again.
func (w *tokenWait) wake() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// take is told of a newer token.
func (w *tokenWait) take(credential *credential) {
	if !w.over && credential.generation > w.refused {
		w.over, w.credential = true, credential
		w.wake()
	}
}

// fail is told that the request failed: a token that is still good is taken instead.
func (w *tokenWait) fail(err *Error) {
	if still := w.entry.usable(w.refused); still != nil {
		w.take(still)
	} else {
		w.abandon(err)
	}
}

// abandon is told that there will be no token.
func (w *tokenWait) abandon(err *Error) {
	if !w.over {
		w.over, w.err = true, err
		w.wake()
	}
}

// The call goes on, or has ended.
func (w *tokenWait) leave() {
	w.cache.slots.leave(w)
	if i := slices.Index(w.entry.waits, w); i >= 0 {
		w.entry.waits = slices.Delete(w.entry.waits, i, i+1)
	}
	delete(w.cache.store.waits, w)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
