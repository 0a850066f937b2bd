package ameide

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

const (
	// idleConnection: connections of HTTP/2 close after so long without a call.
	idleConnection = 15 * time.Minute
	// silenceInDoubt: so long without a byte says that a connection may be dead.
	silenceInDoubt = time.Second
	// ageJitter is the share by which connections live longer or shorter.
	ageJitter = 0.1
)

// An http2Connection is one connection of HTTP/2: its calls, and whether it takes more.
type http2Connection struct {
	pool  *http2Pool
	conn  *countedConn
	cc    *http.ClientConn
	pulse *pulse

	// Closed when cc is there: frames come before.
	born chan struct{}
	// Closed when it stands, or is closed before it does.
	settled  chan struct{}
	settling sync.Once
	slows    sync.Once

	// The rest is guarded by the lock of the pool.
	stands bool
	// Streams that its peer takes at once.
	maxStreams int
	streams    int
	// It had a call.
	wasUsed bool
	inDoubt bool
	// It takes no more calls.
	left   bool
	closed bool
	reason error
	age    *time.Timer
	idle   *time.Timer
}

// newHTTP2Connection speaks HTTP/2 over a connection that was made for it. It stands once the server's SETTINGS have come.
func newHTTP2Connection(pool *http2Pool, conn *countedConn) (*http2Connection, error) {
	c := &http2Connection{pool: pool, conn: conn, born: make(chan struct{}), settled: make(chan struct{})}
	frames := newH2Frames(conn)
	frames.onSettings = c.limited
	frames.onGoAway = c.goneAway
	frames.onPong = func() {
		if c.pulse != nil {
			go c.pulse.answered()
		}
	}
	conn.frames = frames
	if pool.pings != nil {
		c.pulse = &pulse{policy: pool.pings, conn: conn, inUse: c.inUse, alive: c.alive, dead: c.destroy}
	}
	cc, err := clientConn(http2Transport, conn)
	if err != nil {
		close(c.born)
		_ = conn.Close()
		return nil, err
	}
	c.cc = cc
	close(c.born)
	return c, nil
}

// await waits until it stands. The error says why it never did.
func (c *http2Connection) await() error {
	limit := c.pool.settings.connectTimeout
	timer := time.AfterFunc(limit, func() {
		text := fmt.Sprintf("no SETTINGS came in %d ms (WithConnectTimeout)", limit.Milliseconds())
		c.destroy(&connectionError{kind: policy.NetworkNotSent, text: text})
	})
	defer timer.Stop()
	c.cc.SetStateHook(func(*http.ClientConn) { c.changed() })
	<-c.settled
	c.pool.mu.Lock()
	defer c.pool.mu.Unlock()
	if !c.stands {
		return c.closedBy()
	}
	if age := c.pool.settings.maxConnectionAge; age > 0 && !c.closed {
		jitter := 1 + ageJitter*(2*rand.Float64()-1)
		c.age = time.AfterFunc(time.Duration(float64(age)*jitter), c.leave)
	}
	if !c.closed && c.streams == 0 {
		c.restsLocked()
	}
	if c.pulse != nil && c.pool.pings.whileIdle {
		c.pulse.watch()
	}
	return nil
}

// takesCalls, now or when one of its own has ended. With the lock held, as all that follow up to inUse.
func (c *http2Connection) takesCalls() bool {
	return c.stands && !c.inDoubt && !c.left && !c.closed && c.cc.Err() == nil && c.conn.failed() == nil
}

func (c *http2Connection) hasRoom() bool {
	return c.takesCalls() && c.streams < c.maxStreams && c.cc.Available() > 0
}

// isAsked whether its peer is there, and takes no calls until then.
func (c *http2Connection) isAsked() bool { return c.inDoubt && !c.left && !c.closed }

// closedBy is why it is closed, or takes no more calls.
func (c *http2Connection) closedBy() error {
	if c.reason != nil {
		return c.reason
	}
	if failure := c.conn.failed(); isHangUp(failure) && !c.pool.answered {
		return withHint(failure, c.pool.dialer.silenceHint("the server may speak TLS; use https"))
	}
	if err := c.conn.brokenBy(c.pool.dialer.advice); err != nil {
		return err
	}
	if err := c.cc.Err(); err != nil && !c.stands {
		// What came is no HTTP/2.
		return versionNotSpoken(c.pool.dialer.advice)
	}
	return errors.New("the connection was closed")
}

func (c *http2Connection) inUse() bool {
	c.pool.mu.Lock()
	defer c.pool.mu.Unlock()
	return c.streams > 0
}

// beginLocked has one more call.
func (c *http2Connection) beginLocked() {
	c.streams++
	c.wasUsed = true
	if c.idle != nil {
		c.idle.Stop()
	}
	if c.pulse != nil {
		c.pulse.watch()
	}
}

// end is told that a call is over.
func (c *http2Connection) end() {
	c.pool.mu.Lock()
	c.streams--
	isUnused := c.streams == 0
	isOver := isUnused && c.left
	if isUnused && !c.left && !c.closed {
		c.restsLocked()
	}
	c.pool.serveLocked()
	c.pool.mu.Unlock()
	if isOver {
		_ = c.cc.Close()
	}
}

func (c *http2Connection) restsLocked() {
	if c.idle != nil {
		c.idle.Reset(idleConnection)
		return
	}
	c.idle = time.AfterFunc(idleConnection, func() {
		if !c.inUse() {
			c.leave()
		}
	})
}

// watchCall gives what is to be called when a limit of time ends the call that begins now.
func (c *http2Connection) watchCall() func() {
	began, read := time.Now(), c.conn.read.Load()
	return func() {
		enough := min(silenceInDoubt, time.Since(began))
		// Unless it is the acknowledgment of SETTINGS sent long before: of what a server sends, only that has no payload.
		isSilent := c.conn.read.Load()-read <= frameHeadBytes
		if isSilent || c.conn.silence() >= enough {
			c.pool.doubts(c, enough)
		}
	}
}

// doubtLocked has it take no calls until its peer has shown that it is there.
func (c *http2Connection) doubtLocked() {
	switch {
	case c.pulse == nil:
		go c.leave()
	case !c.left && !c.closed:
		c.inDoubt = true
		c.pulse.ask()
	}
}

func (c *http2Connection) alive() {
	c.pool.mu.Lock()
	defer c.pool.mu.Unlock()
	if c.inDoubt {
		c.inDoubt = false
		c.pool.serveLocked()
	}
}

// leave takes no more calls, and closes when those under way have ended.
func (c *http2Connection) leave() {
	c.pool.mu.Lock()
	isFirst := !c.left && !c.closed
	c.left = true
	isUnused := c.streams == 0
	if isFirst {
		c.pool.leavesLocked(c)
	}
	c.pool.mu.Unlock()
	if isFirst && isUnused {
		_ = c.cc.Close()
	}
}

// destroy ends it with all its calls.
func (c *http2Connection) destroy(reason error) {
	c.pool.mu.Lock()
	if c.reason == nil {
		c.reason = reason
	}
	c.pool.mu.Unlock()
	_ = c.cc.Close()
	c.changed()
}

// limited is told how many streams its peer takes.
func (c *http2Connection) limited(maxStreams int) {
	<-c.born
	c.pool.mu.Lock()
	defer c.pool.mu.Unlock()
	c.stands, c.maxStreams = true, maxStreams
	c.pool.answered = true
	c.settling.Do(func() { close(c.settled) })
	c.pool.limitedLocked(maxStreams)
}

// However often a server says that there are too many PINGs, they do not become rarer than this.
const slowestPings = time.Hour

func (c *http2Connection) goneAway(code uint32, debug string) {
	<-c.born
	const enhanceYourCalm = 11
	if code == enhanceYourCalm && debug == "too_many_pings" && c.pool.pings != nil {
		// As in gRPC (gRFC A8). A connection says it once, whatever it sends.
		c.slows.Do(func() {
			interval := &c.pool.pings.interval
			interval.Store(min(interval.Load()*2, max(interval.Load(), int64(slowestPings))))
		})
	}
	go c.leave()
}

// changed looks whether it has ended.
func (c *http2Connection) changed() {
	if c.cc.Err() == nil && c.conn.failed() == nil {
		c.pool.mu.Lock()
		c.pool.serveLocked()
		c.pool.mu.Unlock()
		return
	}
	c.pool.mu.Lock()
	if c.closed {
		c.pool.mu.Unlock()
		return
	}
	isLost := c.stands && !c.left
	c.closed, c.left = true, true
	if c.reason == nil {
		c.reason = c.closedBy()
	}
	for _, timer := range []*time.Timer{c.age, c.idle} {
		if timer != nil {
			timer.Stop()
		}
	}
	if isLost {
		c.pool.lostLocked()
	}
	c.pool.closedLocked(c)
	c.pool.mu.Unlock()
	c.settling.Do(func() { close(c.settled) })
	if c.pulse != nil {
		c.pulse.stop()
	}
	_ = c.cc.Close()
}
