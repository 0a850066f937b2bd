package ameide

import (
	"fmt"
	"sync"
	"time"
)

const (
	// fullPoolQuiet: a pool that is full again and again says so no more often.
	fullPoolQuiet = time.Minute
	// Of many calls at once the number is known when all have come.
	fullPoolGather = 25 * time.Millisecond
)

// A fullPool says that all connections to an origin are in use: once, until they are not.
type fullPool struct {
	origin         string
	maxConnections int
	slots          *slots
	warn           func(text string, fields ...any)

	mu         sync.Mutex
	told       bool
	quietUntil time.Time
}

// tell is called when a call has begun to wait.
func (f *fullPool) tell() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.slots.waiting() == 1 {
		f.told = false
	}
	if !f.told {
		f.told = true
		time.AfterFunc(fullPoolGather, f.say)
	}
}

func (f *fullPool) say() {
	waiting := f.slots.waiting()
	f.mu.Lock()
	now := time.Now()
	isQuiet := waiting == 0 || now.Before(f.quietUntil)
	if !isQuiet {
		f.quietUntil = now.Add(fullPoolQuiet)
	}
	f.mu.Unlock()
	if isQuiet {
		return
	}
	calls := fmt.Sprintf("%d calls wait", waiting)
	if waiting == 1 {
		calls = "1 call waits"
	}
	text := fmt.Sprintf("ameide all %d connections to %s are in use: %s for one (WithMaxConnections)",
		f.maxConnections, f.origin, calls)
	f.warn(text, "origin", f.origin, "maxConnections", f.maxConnections, "waiting", waiting)
}
