package ameide

import (
	"context"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

const (
	// doubtPatience: a connection in doubt has so long before another is made, or half of the silence.
	doubtPatience = 250 * time.Millisecond
	// makingAlone: one that is being made is alone for so long; twice as long after each further one.
	makingAlone = 250 * time.Millisecond
	// longestMakingAlone: and for no longer than so long. A server that is back is found within it.
	longestMakingAlone = time.Second
	// mostTurns: whom it hits more often that a connection ends under it begins a new attempt.
	mostTurns = 3
)

// An http2Pool holds connections of HTTP/2 to one origin. A call goes over the first that has room. Where none has, calls
// wait in line, for one connect that they share; where a server bounds the streams of a connection, further ones are
// made, up to a number.
type http2Pool struct {
	settings connectionSettings
	dialer   *dialer
	dial     func(offered ...string) (*dialed, error)
	pings    *pingPolicy // nil: no PING is ever sent

	mu sync.Mutex
	// The one made first comes first.
	connections []*http2Connection
	line        []*http2Waiter
	wanted      func()
	making      map[*http2Making]struct{}
	lastConnect time.Time
	ended       error
	let         bool
	// Until then connections in doubt may answer: that is faster than another connection.
	patience *time.Timer
	// Of the connection whose server said so last.
	maxStreams int
	// A server has said something.
	answered bool
}

// An http2Making is a connection that is being made.
type http2Making struct {
	// A call has waited for it until a limit ended that.
	hangs bool
}

// An http2Waiter is a request that has no stream yet.
type http2Waiter struct {
	recording *recording
	// Where it goes, or why nowhere.
	connection *http2Connection
	err        error
	settled    chan struct{}
}

func newHTTP2Pool(settings connectionSettings, dialer *dialer, dial func(...string) (*dialed, error)) *http2Pool {
	p := &http2Pool{
		settings: settings, dialer: dialer, dial: dial,
		making: map[*http2Making]struct{}{}, maxStreams: math.MaxInt32,
	}
	if keep := settings.keepAlive; !keep.off {
		p.pings = &pingPolicy{timeout: keep.timeout, whileIdle: keep.whileIdle}
		p.pings.interval.Store(int64(keep.interval))
	}
	return p
}

func (p *http2Pool) send(s *sending) (*http.Response, error) {
	for turn := 1; ; turn++ {
		s.recording.connects()
		connection, err := p.acquire(s)
		if err != nil {
			return nil, err
		}
		response, err := connection.send(s)
		if err == nil || turn == mostTurns || !isUnusable(err) || s.Context().Err() != nil {
			return response, err
		}
	}
}

// isUnusable: the connection ended, or said goodbye, before there was a stream. Another one takes the call.
func isUnusable(err error) bool {
	text := err.Error()
	return text == "http2: client conn not usable" || text == "http2: client conn could not be established"
}

// send sends a request over the connection, which has room for it.
func (c *http2Connection) send(s *sending) (*http.Response, error) {
	s.recording.connected(c.conn.RemoteAddr())
	s.recording.onTimeout(c.watchCall())
	s.begin()
	response, err := c.cc.RoundTrip(s.Request)
	if err == nil {
		err = failIfSwitched(response)
	}
	if err != nil {
		err = c.broke(s, err)
		c.end()
		return nil, err
	}
	body := &endOfBody{
		ReadCloser: response.Body,
		broke:      func(err error) error { return c.broke(s, err) },
		ended:      c.end,
	}
	body.endWith(s.Context())
	response.Body = body
	return response, nil
}

// broke gives what a call failed with: why the connection did, where that ended it.
func (c *http2Connection) broke(s *sending, err error) error {
	if kind := networkKindOf(err); kind == policy.NetworkNotSent || kind == policy.NetworkUnprocessed {
		s.recording.provesUnsent()
	}
	if s.Context().Err() != nil || c.cc.Err() == nil && c.conn.failed() == nil {
		return err
	}
	// Who tries again comes at once, and is to meet no connection that is dying, too.
	c.changed()
	if isUnusable(err) || networkKindOf(err) != kindOther {
		return err
	}
	c.pool.mu.Lock()
	defer c.pool.mu.Unlock()
	if _, isReset := h2ErrorCode(err); isReset || c.reason == nil {
		return err
	}
	return c.reason
}

// acquire gives a connection that has room, which the call has taken, as soon as there is one.
func (p *http2Pool) acquire(s *sending) (*http2Connection, error) {
	ctx := s.Context()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	p.mu.Lock()
	if len(p.line) == 0 {
		if connection := p.roomLocked(); connection != nil {
			p.mu.Unlock()
			return connection, nil
		}
	}
	if p.ended != nil {
		p.mu.Unlock()
		return nil, p.ended
	}
	waiter := &http2Waiter{recording: s.recording, settled: make(chan struct{})}
	if len(p.line) == 0 {
		p.wanted = p.dialer.demand.wait()
	}
	p.line = append(p.line, waiter)
	s.recording.onTimeout(p.isHanging)
	p.connectLocked()
	p.tellLocked(waiter)
	p.mu.Unlock()
	select {
	case <-waiter.settled:
	case <-ctx.Done():
		p.mu.Lock()
		isSettled := waiter.connection != nil
		if !isSettled && waiter.err == nil {
			p.leaveLineLocked(waiter, nil, context.Cause(ctx))
		}
		p.mu.Unlock()
		if isSettled {
			waiter.connection.end()
		}
		return nil, context.Cause(ctx)
	}
	s.recording.onTimeout(nil)
	s.recording.waitsFor("")
	return waiter.connection, waiter.err
}

// roomLocked takes room for a call, where there is some.
func (p *http2Pool) roomLocked() *http2Connection {
	for _, connection := range p.connections {
		if connection.hasRoom() {
			connection.beginLocked()
			return connection
		}
	}
	return nil
}

// serveLocked gives those in line what room there is.
func (p *http2Pool) serveLocked() {
	for len(p.line) > 0 {
		connection := p.roomLocked()
		if connection == nil {
			return
		}
		p.leaveLineLocked(p.line[0], connection, nil)
	}
}

func (p *http2Pool) leaveLineLocked(waiter *http2Waiter, connection *http2Connection, err error) {
	i := slices.Index(p.line, waiter)
	if i < 0 {
		return
	}
	p.line = slices.Delete(p.line, i, i+1)
	waiter.connection, waiter.err = connection, err
	close(waiter.settled)
	if len(p.line) == 0 && p.wanted != nil {
		p.wanted()
		p.wanted = nil
	}
}

func (p *http2Pool) refuseLocked(reason error) {
	for _, waiter := range slices.Clone(p.line) {
		p.leaveLineLocked(waiter, nil, reason)
	}
}

// isHanging is called where a limit ends the wait for a connection: what is being made may never stand, and who comes
// next would wait as long.
func (p *http2Pool) isHanging() {
	p.mu.Lock()
	defer p.mu.Unlock()
	alone := min(longestMakingAlone, makingAlone<<min(p.hangingLocked(), 8))
	if time.Since(p.lastConnect) >= alone {
		for making := range p.making {
			making.hangs = true
		}
	}
}

func (p *http2Pool) hangingLocked() int {
	hanging := 0
	for making := range p.making {
		if making.hangs {
			hanging++
		}
	}
	return hanging
}

func (p *http2Pool) tellLocked(waiter *http2Waiter) {
	if len(p.making) > 0 {
		waiter.recording.waitsFor("")
	} else {
		waiter.recording.waitsFor("a stream")
	}
}

func (p *http2Pool) tellAllLocked() {
	for _, waiter := range p.line {
		p.tellLocked(waiter)
	}
}

// openLocked is how many take calls.
func (p *http2Pool) openLocked() int {
	open := 0
	for _, connection := range p.connections {
		if connection.takesCalls() {
			open++
		}
	}
	return open
}

func (p *http2Pool) isAskedLocked() bool {
	return slices.ContainsFunc(p.connections, (*http2Connection).isAsked)
}

// connectLocked makes as many connections as those in line need.
func (p *http2Pool) connectLocked() {
	open := p.openLocked()
	// A server that takes no streams for now takes none on another connection either.
	if len(p.line) == 0 || p.ended != nil || open > 0 && p.maxStreams == 0 {
		return
	}
	if p.patience != nil && p.isAskedLocked() {
		return
	}
	streams := max(1, p.maxStreams)
	wanted := max(1, (len(p.line)-1)/streams+1)
	for len(p.making) < min(wanted+p.hangingLocked(), p.settings.maxHTTP2Connections-open) {
		making := new(http2Making)
		p.making[making] = struct{}{}
		p.lastConnect = time.Now()
		go p.connect(making)
	}
}

func (p *http2Pool) connect(making *http2Making) {
	connection, err := p.make()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.making, making)
	if err != nil {
		p.refuseIfAloneLocked(err)
		p.tellAllLocked()
		return
	}
	p.serveLocked()
	p.changedLocked(connection)
	// Another one came back to life meanwhile, or those who waited have gone.
	isNeeded := connection.streams > 0 || !slices.ContainsFunc(p.connections, func(other *http2Connection) bool {
		return other != connection && other.hasRoom()
	})
	if p.let || !isNeeded {
		go connection.leave()
	}
	p.tellAllLocked()
}

func (p *http2Pool) make() (*http2Connection, error) {
	made, err := p.dial(alpnHTTP2)
	if err != nil {
		return nil, err
	}
	connection, err := newHTTP2Connection(p, made.conn)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	ended := p.ended
	if ended == nil {
		p.connections = append(p.connections, connection)
	}
	p.mu.Unlock()
	if ended != nil {
		_ = connection.cc.Close()
		return nil, ended
	}
	return connection, connection.await()
}

func (p *http2Pool) refuseIfAloneLocked(reason error) {
	if len(p.making) == p.hangingLocked() && p.openLocked() == 0 {
		p.refuseLocked(reason)
	}
}

// limitedLocked is told that a connection takes more or fewer streams at once than before.
func (p *http2Pool) limitedLocked(maxStreams int) {
	p.maxStreams = maxStreams
	p.serveLocked()
	p.connectLocked()
}

// leavesLocked is told that a connection takes no more calls.
func (p *http2Pool) leavesLocked(c *http2Connection) { p.changedLocked(c) }

// closedLocked is told that a connection is closed.
func (p *http2Pool) closedLocked(c *http2Connection) {
	if i := slices.Index(p.connections, c); i >= 0 {
		p.connections = slices.Delete(p.connections, i, i+1)
	}
	// One that never stood is told of where it was made.
	if c.stands {
		p.changedLocked(c)
	}
}

// One that had no call stands for a connect that failed: a server that closes all at once is not asked again and again by
// who waits.
func (p *http2Pool) changedLocked(c *http2Connection) {
	if c.takesCalls() || c.wasUsed {
		p.connectLocked()
	} else {
		p.refuseIfAloneLocked(c.closedBy())
	}
}

// doubts is told that nothing has come on a connection for so long, and a call on it was cut: a way that is dead is so for
// all connections that took it.
func (p *http2Pool) doubts(c *http2Connection, silent time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.doubtLocked()
	p.askLocked(silent, min(doubtPatience, silent/2))
}

// lostLocked is told that the peer of a connection closed it without a word, or is not there. What ends one mostly ends
// all, and who tries again comes at once.
func (p *http2Pool) lostLocked() {
	if p.ended == nil {
		p.askLocked(0, doubtPatience)
	}
}

func (p *http2Pool) askLocked(silent, patience time.Duration) {
	for _, connection := range p.connections {
		if connection.takesCalls() && connection.conn.silence() >= silent {
			connection.doubtLocked()
		}
	}
	if p.ended != nil || p.patience != nil || !p.isAskedLocked() {
		return
	}
	p.patience = time.AfterFunc(patience, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.patience = nil
		p.connectLocked()
		p.tellAllLocked()
	})
}

func (p *http2Pool) letGo() {
	p.mu.Lock()
	p.let = true
	connections := slices.Clone(p.connections)
	p.mu.Unlock()
	for _, connection := range connections {
		connection.leave()
	}
}

func (p *http2Pool) close(reason error) {
	p.mu.Lock()
	p.ended = reason
	connections := slices.Clone(p.connections)
	if p.patience != nil {
		p.patience.Stop()
	}
	p.refuseLocked(reason)
	p.mu.Unlock()
	p.dialer.close(reason)
	for _, connection := range connections {
		connection.destroy(reason)
	}
}
