package ameide

import (
	"context"
	"slices"
	"sync"
)

// slots is how much of something may be in use at once. Who comes when all is waits, in order.
type slots struct {
	size int

	mu     sync.Mutex
	taken  int
	closed error
	queue  []chan error
}

// take takes a slot, waiting for one until the context ends. queued is called where it waits.
func (s *slots) take(ctx context.Context, queued func()) error {
	s.mu.Lock()
	if s.closed != nil {
		defer s.mu.Unlock()
		return s.closed
	}
	if s.taken < s.size {
		s.taken++
		s.mu.Unlock()
		return nil
	}
	got := make(chan error, 1)
	s.queue = append(s.queue, got)
	s.mu.Unlock()
	queued()
	select {
	case err := <-got:
		return err
	case <-ctx.Done():
	}
	s.mu.Lock()
	i := slices.Index(s.queue, got)
	if i >= 0 {
		s.queue = slices.Delete(s.queue, i, i+1)
	}
	s.mu.Unlock()
	if i < 0 && <-got == nil {
		s.release()
	}
	return context.Cause(ctx)
}

// release frees a slot: it is the first's who waits.
func (s *slots) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		s.taken--
		return
	}
	s.queue[0] <- nil
	s.queue = s.queue[1:]
}

// waiting is how many wait.
func (s *slots) waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queue)
}

// close ends all waits.
func (s *slots) close(reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = reason
	for _, each := range s.queue {
		each <- reason
	}
	s.queue = nil
}
