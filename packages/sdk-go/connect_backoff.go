package ameide

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	// firstPause is the pause after a connect that failed, before jitter; twice as long after each further one.
	firstPause = 50 * time.Millisecond
	// longestPause: a server that is back is found within it.
	longestPause = time.Second
	// pausePatience: who comes when less of a pause is left waits for its end; others fail at once.
	pausePatience = 100 * time.Millisecond
	// aloneFor is how long connects wait for one that is under way, where none has failed.
	aloneFor = 10 * time.Millisecond
)

// A connectBackoff spaces connects to one origin, for all of its calls. After one that failed there is a pause; then one
// goes alone, and what it comes to holds for all that want to connect meanwhile. The scheme is gRPC's
// (connection-backoff.md), with shorter pauses: calls have deadlines, and fail while there is no connection.
type connectBackoff struct {
	mu        sync.Mutex
	failures  int
	pauseEnds time.Time
	lastError error
	// Connects that failed so far, those not counted that began before another failed.
	round int
	// The connect that others wait for.
	leader *leadingConnect
	ended  chan struct{}
}

type leadingConnect struct {
	beganAt time.Time
	over    chan struct{}
}

func newConnectBackoff() *connectBackoff { return &connectBackoff{ended: make(chan struct{})} }

// run connects, when it may. It fails without a connect of its own where the pause is long yet, or where the connect it
// waited for failed.
func (b *connectBackoff) run(dial func() (*dialed, error)) (*dialed, error) {
	for {
		b.mu.Lock()
		if left := time.Until(b.pauseEnds); left > 0 && !b.isClosed() {
			if left > pausePatience {
				err := b.paused(left)
				b.mu.Unlock()
				return nil, err
			}
			b.mu.Unlock()
			b.sleep(left, nil)
			continue
		}
		leader := b.leader
		if leader == nil || b.isClosed() {
			break
		}
		alone := aloneFor
		if b.failures > 0 {
			alone = longestPause
		}
		left := time.Until(leader.beganAt.Add(alone))
		b.mu.Unlock()
		b.sleep(left, leader.over)
		b.mu.Lock()
		if left <= 0 || time.Until(leader.beganAt.Add(alone)) <= 0 {
			// It takes long: the next one goes.
			if b.leader == leader {
				b.leader = nil
			}
		}
		if b.failures == 0 {
			break
		}
		b.mu.Unlock()
	}
	// With the lock held.
	round, own := b.round, &leadingConnect{beganAt: time.Now(), over: make(chan struct{})}
	if b.leader == nil {
		b.leader = own
	}
	b.mu.Unlock()
	made, err := dial()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.leader == own {
		b.leader = nil
	}
	switch {
	case err == nil:
		b.failures, b.pauseEnds, b.lastError = 0, time.Time{}, nil
	case round == b.round && !errors.Is(err, errUnwanted):
		// Of those under way at once one failure counts.
		b.failed(err)
	}
	close(own.over)
	return made, err
}

// close ends all waits, and leaves it to the dialer to refuse those who waited.
func (b *connectBackoff) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.isClosed() {
		close(b.ended)
	}
}

func (b *connectBackoff) isClosed() bool {
	select {
	case <-b.ended:
		return true
	default:
		return false
	}
}

func (b *connectBackoff) sleep(d time.Duration, over <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-over:
	case <-b.ended:
	}
}

func (b *connectBackoff) failed(err error) {
	now := time.Now()
	isNews := now.After(b.pauseEnds.Add(longestPause))
	if isNews {
		b.failures = 0
	}
	pause := min(longestPause, firstPause<<min(b.failures, 10))
	b.failures++
	// Half of it is random, so that clients of one server do not come together.
	b.pauseEnds = now.Add(pause/2 + time.Duration(rand.Int64N(int64(pause/2))))
	b.lastError = err
	b.round++
	// One that began before may take long yet.
	b.leader = nil
}

func (b *connectBackoff) paused(left time.Duration) error {
	ms := (left + time.Millisecond - 1).Milliseconds()
	text := fmt.Sprintf("%s (connects to this host are paused for %d ms more)", thrownText(b.lastError), ms)
	return &pausedError{text, b.lastError}
}

// pausedError says no more of the failure than the last connect did.
type pausedError struct {
	text string
	last error
}

func (e *pausedError) Error() string { return e.text }
func (e *pausedError) Unwrap() error { return e.last }
