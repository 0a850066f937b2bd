package ameide

import (
	"sync"
	"time"
)

// unwantedAfter is how long connections that nobody waits for any more are made for yet.
const unwantedAfter = 250 * time.Millisecond

// demand is how many wait for connections to one origin.
type demand struct {
	// onNone is called when nobody has waited for a while.
	onNone func()

	mu      sync.Mutex
	waiting int
	timer   *time.Timer
	stopped bool
}

// wait begins to wait. What it returns ends it; again does no harm.
func (d *demand) wait() (leave func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting++
	if d.timer != nil {
		d.timer.Stop()
	}
	return sync.OnceFunc(func() {
		d.mu.Lock()
		d.waiting--
		d.mu.Unlock()
		d.look()
	})
}

// look is called when a connection is begun, or nobody may wait any more. A call that is tried again finds what its last
// attempt began.
func (d *demand) look() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.waiting > 0 || d.stopped {
		return
	}
	if d.timer != nil {
		d.timer.Stop()
	}
	d.timer = time.AfterFunc(unwantedAfter, func() {
		d.mu.Lock()
		isNone := d.waiting == 0 && !d.stopped
		d.mu.Unlock()
		if isNone {
			d.onNone()
		}
	})
}

// stop: nobody is told any more.
func (d *demand) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped = true
	if d.timer != nil {
		d.timer.Stop()
	}
}
