package ameidetest

import (
	"slices"
	"sync"
	"time"

	"github.com/ameideio/ameide-sdk-go"
	"github.com/ameideio/ameide-sdk-go/internal/hook"
)

// Timers counts the timers of clients. Its zero value is ready.
type Timers struct {
	mu      sync.Mutex
	left    int
	longest time.Duration
	sleeps  []time.Duration
}

// WithTimers counts a client's timers.
func WithTimers(timers *Timers) ameide.Option {
	return option(&hook.Runtime{OnTimer: timers.set, OnSleep: timers.sleep})
}

// Left is how many timers are set and have neither fired nor been stopped.
func (t *Timers) Left() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.left
}

// Longest is the longest time a timer was set to; 0 without one.
func (t *Timers) Longest() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.longest
}

// Sleeps are the waits between attempts, as they were asked for.
func (t *Timers) Sleeps() []time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.sleeps)
}

func (t *Timers) set(limit time.Duration) (stopped func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.left++
	t.longest = max(t.longest, limit)
	return sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.left--
	})
}

func (t *Timers) sleep(wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sleeps = append(t.sleeps, wait)
}
