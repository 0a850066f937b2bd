package main

import (
	"context"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"
)

// surroundings are what a case runs in: its time, and what is left of it.
type surroundings struct {
	// The clock is virtual.
	inMemory bool
	// What the wall clock is ahead of time itself.
	ahead   atomic.Int64
	settles atomic.Bool

	sockets   atomic.Int64
	timers    atomic.Int64
	listeners atomic.Int64

	mu     sync.Mutex
	sleeps []float64
}

// begin sets the wall clock. A bubble begins in 2000; on the wire the clock is as far ahead as it says.
func (s *surroundings) begin(wall time.Time) {
	if s.inMemory {
		time.Sleep(time.Until(wall))
		return
	}
	s.jumpWall(time.Until(wall))
}

// wallNow is the time by the wall clock.
func (s *surroundings) wallNow() time.Time {
	return time.Now().Round(0).Add(time.Duration(s.ahead.Load()))
}

// jumpWall sets the wall clock ahead, or back, while time goes on.
func (s *surroundings) jumpWall(by time.Duration) { s.ahead.Add(int64(by)) }

// advance lets time pass.
func (s *surroundings) advance(by time.Duration) {
	time.Sleep(by)
	s.settle()
}

// settle returns once nothing can go on without time, where that can be told. Only one may wait so; who
// comes meanwhile goes on.
func (s *surroundings) settle() {
	if s.inMemory && s.settles.CompareAndSwap(false, true) {
		synctest.Wait()
		s.settles.Store(false)
	}
}

// headStart lets what was begun go on for as long as it takes no time, or on sockets a moment.
func (s *surroundings) headStart() {
	s.settle()
	if !s.inMemory {
		time.Sleep(moment)
	}
}

// moment is how long a call on sockets is likely to take until its request is under way.
const moment = 4 * time.Millisecond

// onTimer counts a timer of the SDK until it has ended.
func (s *surroundings) onTimer(time.Duration) func() {
	s.timers.Add(1)
	return sync.OnceFunc(func() { s.timers.Add(-1) })
}

// onSleep notes a wait between attempts.
func (s *surroundings) onSleep(wait time.Duration) {
	if wait <= 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sleeps = append(s.sleeps, inMilliseconds(wait))
}

// dial connects, and counts the connection until it is closed.
func (s *surroundings) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	s.sockets.Add(1)
	return &countedConn{Conn: conn, closed: sync.OnceFunc(func() { s.sockets.Add(-1) })}, nil
}

type countedConn struct {
	net.Conn
	closed func()
}

func (c *countedConn) Close() error {
	defer c.closed()
	return c.Conn.Close()
}

// Time that sockets have to close, which other goroutines do.
const closingTime = 250 * time.Millisecond

// socketsLeft says how many sockets are left open.
func (s *surroundings) socketsLeft() int32 {
	for began := time.Now(); s.sockets.Load() > 0 && time.Since(began) < closingTime; {
		time.Sleep(5 * time.Millisecond)
	}
	return int32(s.sockets.Load())
}

// The environment is the process's: one client is made at a time.
var makingClient sync.Mutex

func init() {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AMEIDE_") {
			os.Unsetenv(name)
		}
	}
}

// withEnvironment runs a function with these variables set, and none else of the SDK's.
func withEnvironment(variables map[string]string, run func() error) error {
	makingClient.Lock()
	defer makingClient.Unlock()
	for name, value := range variables {
		os.Setenv(name, value)
		defer os.Unsetenv(name)
	}
	return run()
}
