package ameide

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"connectrpc.com/connect"
)

// A liveCall has been made and has not ended.
type liveCall interface {
	// close ends it, whatever it waits for, with the error that is made of where it stands. It does not wait.
	close(closed func(where string) *Error)
}

type lifetimeState int

const (
	lifetimeOpen lifetimeState = iota
	lifetimeDraining
	lifetimeClosed
)

// settleTime is how long a drained client waits for those whose calls were ended to be told.
const settleTime = 100 * time.Millisecond

// A lifetime says how long a client takes calls, and those it has taken: of all derived from one another.
type lifetime struct {
	// Ends what calls are made with.
	onClose func(reason *Error)

	mu      sync.Mutex
	state   lifetimeState
	calls   map[liveCall]struct{}
	aborted int
	// Ended when the client is closed, and when no call is left after that.
	ended, settled chan struct{}
}

func newLifetime(onClose func(reason *Error)) *lifetime {
	return &lifetime{
		onClose: onClose,
		calls:   map[liveCall]struct{}{},
		ended:   make(chan struct{}),
		settled: make(chan struct{}),
	}
}

// closed says why nothing more may be sent; nil as long as it may.
func (l *lifetime) closed() *Error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state == lifetimeClosed {
		return closedError("the client is closed")
	}
	return nil
}

// refusal says why no call may begin; nil as long as one may.
func (l *lifetime) refusal() *Error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refusalLocked()
}

func (l *lifetime) refusalLocked() *Error {
	switch l.state {
	case lifetimeDraining:
		return closedError("the client is being closed: it takes no more calls")
	case lifetimeClosed:
		return closedError("the client is closed")
	default:
		return nil
	}
}

// add takes a call, or says why it may not begin.
func (l *lifetime) add(call liveCall) *Error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if refusal := l.refusalLocked(); refusal != nil {
		return refusal
	}
	l.calls[call] = struct{}{}
	return nil
}

// delete is told that a call has ended.
func (l *lifetime) delete(call liveCall) {
	l.mu.Lock()
	delete(l.calls, call)
	isLast := len(l.calls) == 0
	isDrained := isLast && l.state == lifetimeDraining
	if isLast && l.state == lifetimeClosed {
		l.settle()
	}
	l.mu.Unlock()
	if isDrained {
		l.close()
	}
}

// close ends all calls at once, and takes no more.
func (l *lifetime) close() {
	l.end(func(where string) *Error { return closedError("the client was closed: " + where) })
}

// drain takes no more calls, waits for those there are, and closes. It returns how many calls were ended when ctx was.
func (l *lifetime) drain(ctx context.Context) (aborted int) {
	began := time.Now()
	l.mu.Lock()
	if l.state == lifetimeClosed {
		l.mu.Unlock()
		return 0
	}
	l.state = lifetimeDraining
	isDrained := len(l.calls) == 0
	l.mu.Unlock()
	if isDrained {
		l.close()
	}
	select {
	case <-l.ended:
	case <-ctx.Done():
		ms := time.Since(began).Milliseconds()
		l.end(func(where string) *Error {
			return closedError(fmt.Sprintf("the client was closed, %d ms after drain(): %s", ms, where))
		})
	}
	// A caller that is stuck in code of its own is not waited for.
	settling := time.NewTimer(settleTime)
	defer settling.Stop()
	select {
	case <-l.settled:
	case <-settling.C:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.aborted
}

func (l *lifetime) end(closed func(where string) *Error) {
	l.mu.Lock()
	if l.state == lifetimeClosed {
		l.mu.Unlock()
		return
	}
	l.state = lifetimeClosed
	l.aborted = len(l.calls)
	calls := make([]liveCall, 0, len(l.calls))
	for call := range l.calls {
		calls = append(calls, call)
	}
	if len(calls) == 0 {
		l.settle()
	}
	l.mu.Unlock()
	for _, call := range calls {
		call.close(closed)
	}
	l.onClose(closedError("the client is closed"))
	close(l.ended)
}

// settle is called with the lock held.
func (l *lifetime) settle() {
	select {
	case <-l.settled:
	default:
		close(l.settled)
	}
}

func closedError(text string) *Error {
	source := connect.NewError(connect.CodeFailedPrecondition, errors.New(text))
	return newError(source, errorFacts{origin: OriginClient, reason: "CLIENT_CLOSED"})
}
