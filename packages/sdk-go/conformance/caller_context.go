package main

import (
	"context"
	"sync"
	"time"
)

// callerContext is the context of a caller: values, and a signal that ends it.
type callerContext struct {
	context.Context
	*signal
}

// withSignal has the values of a context, and ends with a signal. Package context registers with the
// signal only where nothing lies between: values come first.
func withSignal(values context.Context, signal *signal) context.Context {
	return callerContext{context.WithoutCancel(values), signal}
}

// Deadline tells the deadline that the signal was made with.
func (c callerContext) Deadline() (time.Time, bool) {
	return c.signal.deadline, !c.signal.deadline.IsZero()
}

// Done is closed when the context ends.
func (c callerContext) Done() <-chan struct{} { return c.signal.done }

// Err says why the context has ended.
func (c callerContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.signal.err
}

// AfterFunc is where package context registers whatever depends on this context.
func (c callerContext) AfterFunc(f func()) func() bool { return c.signal.listen(f) }

// signal ends the contexts of callers, and counts who listens to it.
type signal struct {
	surroundings *surroundings
	deadline     time.Time
	done         chan struct{}

	mu        sync.Mutex
	err       error
	next      int
	listeners map[int]func()
	timer     *time.Timer
}

// newSignal makes a signal. A deadline that is not zero ends it.
func newSignal(on *surroundings, deadline time.Time) *signal {
	s := &signal{
		surroundings: on,
		deadline:     deadline,
		done:         make(chan struct{}),
		listeners:    map[int]func(){},
	}
	if !deadline.IsZero() {
		s.endAfter(time.Until(deadline), context.DeadlineExceeded)
	}
	return s
}

func (s *signal) listen(f func()) (stop func() bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		go f()
		return func() bool { return false }
	}
	id := s.next
	s.next++
	s.listeners[id] = f
	s.surroundings.listeners.Add(1)
	return func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.forget(id)
	}
}

func (s *signal) forget(id int) bool {
	_, listens := s.listeners[id]
	if listens {
		delete(s.listeners, id)
		s.surroundings.listeners.Add(-1)
	}
	return listens
}

// end ends the signal.
func (s *signal) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	s.err = err
	close(s.done)
	for id, f := range s.listeners {
		s.forget(id)
		go f()
	}
}

// endAfter ends the signal some time later, or at once where there is none left.
func (s *signal) endAfter(after time.Duration, err error) {
	if after <= 0 {
		s.end(err)
		return
	}
	s.timer = time.AfterFunc(after, func() { s.end(err) })
}

// stop takes back an endAfter.
func (s *signal) stop() {
	if s.timer != nil {
		s.timer.Stop()
	}
}
