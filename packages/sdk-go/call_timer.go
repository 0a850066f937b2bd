package ameide

import (
	"context"
	"sync"
	"time"

	"github.com/ameideio/ameide-sdk-go/internal/hook"
	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// timers sets every timer of a client family, so that tests can count what is left of them.
type timers struct {
	onTimer func(time.Duration) (stopped func())
	onSleep func(time.Duration)
}

func newTimers(runtime *hook.Runtime) *timers {
	return &timers{onTimer: runtime.OnTimer, onSleep: runtime.OnSleep}
}

// A timer calls a function once, in a goroutine of its own, unless it is stopped before.
type timer struct {
	inner   *time.Timer
	stopped func()
}

// after sets a timer.
func (t *timers) after(d time.Duration, f func()) *timer {
	set := &timer{stopped: func() {}}
	if t.onTimer != nil {
		set.stopped = sync.OnceFunc(t.onTimer(d))
	}
	set.inner = time.AfterFunc(d, func() {
		set.stopped()
		f()
	})
	return set
}

// stop says whether the function will not be called.
func (t *timer) stop() bool {
	t.stopped()
	return t.inner.Stop()
}

// sleep waits, unless the context ends before: then it gives its cause.
func (t *timers) sleep(ctx context.Context, d time.Duration) error {
	if t.onSleep != nil {
		t.onSleep(d)
	}
	woken := make(chan struct{})
	set := t.after(d, func() { close(woken) })
	defer set.stop()
	select {
	case <-woken:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// A callTimer is the one limit that a call has at a time: setting it anew clears what was set. Its function is not
// called for a limit once set or clear has returned.
type callTimer struct {
	timers *timers
	// Is told which limit it was, and does not wait.
	call *baseCall

	mu      sync.Mutex
	inner   *time.Timer
	stopped func()
	armed   bool
	dueAt   time.Time
	limit   policy.AbortCause
	// Counts how often it was cleared.
	round int
}

// current is the round until it is cleared: that of an attempt.
func (t *callTimer) current() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.round
}

// setIn sets it in its round. The request of an attempt may be late: its attempt is over, or its call.
func (t *callTimer) setIn(round int, from time.Time, d time.Duration, limit policy.AbortCause) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if round == t.round {
		t.arm(from, d, limit)
	}
}

// set ends the call that long after a time; never for noLimit.
func (t *callTimer) set(from time.Time, d time.Duration, limit policy.AbortCause) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.arm(from, d, limit)
}

func (t *callTimer) arm(from time.Time, d time.Duration, limit policy.AbortCause) {
	t.disarm()
	if d == noLimit {
		return
	}
	t.armed, t.limit, t.dueAt = true, limit, from.Add(d)
	d = max(0, time.Until(t.dueAt))
	if t.timers.onTimer != nil {
		t.stopped = t.timers.onTimer(d)
	}
	if t.inner == nil {
		t.inner = time.AfterFunc(d, t.fire)
	} else {
		t.inner.Reset(d)
	}
}

func (t *callTimer) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.round++
	t.disarm()
}

func (t *callTimer) disarm() {
	if !t.armed {
		return
	}
	t.armed = false
	t.inner.Stop()
	if t.stopped != nil {
		t.stopped()
		t.stopped = nil
	}
}

// One that was on its way when it was set anew has come too early.
func (t *callTimer) fire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.armed || time.Now().Before(t.dueAt) {
		return
	}
	t.disarm()
	t.call.reach(t.limit)
}
