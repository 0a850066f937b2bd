package ameide

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// idleLife: idle connections of HTTP/1.1 close before the 5 s of Node.js, Apache and uvicorn, and all that wait longer.
	idleLife = 4 * time.Second
	// hintMargin: a server that says when it closes a connection is left so much earlier.
	hintMargin = time.Second
	// doubtfulAfter: a connection that was idle for so long may lead where one leads that was silent.
	doubtfulAfter = time.Second
)

// An http1Pool holds connections of HTTP/1.1, one for each request under way.
type http1Pool struct {
	dialer *dialer
	dial   func(offered ...string) (*dialed, error)
	max    int
	slots  *slots
	full   *fullPool
	// A server has said something.
	answered atomic.Bool

	mu sync.Mutex
	// The one that is idle for longest comes first.
	idle  []*http1Connection
	all   map[*http1Connection]struct{}
	dials int
	let   bool
	ended error
}

type http1Connection struct {
	pool *http1Pool
	conn *countedConn
	cc   *http.ClientConn
	// How long it may be idle, in nanoseconds.
	life atomic.Int64

	// The rest is guarded by the lock of the pool.
	inUse     bool
	idleSince time.Time
	timer     *time.Timer
}

func newHTTP1Pool(
	settings connectionSettings, dialer *dialer, dial func(...string) (*dialed, error), warn func(string, ...any),
) *http1Pool {
	p := &http1Pool{
		dialer: dialer, dial: dial, max: settings.maxConnections, all: map[*http1Connection]struct{}{},
		slots: &slots{size: settings.maxConnections},
	}
	p.full = &fullPool{origin: settings.origin, maxConnections: settings.maxConnections, slots: p.slots, warn: warn}
	return p
}

func (p *http1Pool) send(s *sending) (*http.Response, error) {
	ctx := s.Context()
	s.recording.connects()
	err := p.slots.take(ctx, func() {
		s.recording.waitsFor("a connection")
		p.full.tell()
	})
	if err != nil {
		return nil, err
	}
	s.recording.waitsFor("")
	connection, reused, err := p.acquire(ctx, s.lost.since())
	if err != nil {
		p.slots.release()
		return nil, err
	}
	return connection.send(s, reused)
}

// acquire gives the connection that was idle last, made after a moment alone; or else another one.
func (p *http1Pool) acquire(ctx context.Context, after time.Time) (*http1Connection, bool, error) {
	for {
		connection := p.takeIdle(after)
		if connection == nil {
			break
		}
		if connection.begin() {
			return connection, true, nil
		}
	}
	for {
		connection, err := p.connect(ctx)
		if err != nil {
			return nil, false, err
		}
		if connection.begin() {
			return connection, false, nil
		}
		if err := connection.conn.brokenBy(p.dialer.advice); err != nil {
			return nil, false, err
		}
	}
}

func (p *http1Pool) takeIdle(after time.Time) *http1Connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.idle) - 1; i >= 0; i-- {
		if connection := p.idle[i]; connection.conn.madeAt.After(after) {
			p.idle = slices.Delete(p.idle, i, i+1)
			connection.timer.Stop()
			return connection
		}
	}
	return nil
}

// connect makes a connection. It goes on where the request gives up, and is kept then.
func (p *http1Pool) connect(ctx context.Context) (*http1Connection, error) {
	p.mu.Lock()
	p.dials++
	var dropped []*http1Connection
	for len(p.idle) > 0 && len(p.all)+p.dials > p.max {
		dropped = append(dropped, p.idle[0])
		p.forget(p.idle[0])
	}
	p.mu.Unlock()
	closeAll(dropped)
	leave := p.dialer.demand.wait()
	stop := context.AfterFunc(ctx, leave)
	type result struct {
		connection *http1Connection
		err        error
	}
	made := make(chan result)
	go func() {
		dialed, err := p.dial(alpnHTTP1)
		stop()
		leave()
		var connection *http1Connection
		if err == nil {
			connection, err = p.add(dialed.conn)
		} else {
			p.mu.Lock()
			p.dials--
			p.mu.Unlock()
		}
		select {
		case made <- result{connection, err}:
		case <-ctx.Done():
			if connection != nil {
				p.keep(connection)
			}
		}
	}()
	select {
	case r := <-made:
		return r.connection, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (p *http1Pool) add(conn *countedConn) (*http1Connection, error) {
	connection := &http1Connection{pool: p, conn: conn}
	connection.life.Store(int64(idleLife))
	cc, err := clientConn(http1Transport, conn)
	p.mu.Lock()
	p.dials--
	if err == nil && p.ended != nil {
		err = p.ended
	}
	if err != nil {
		p.mu.Unlock()
		_ = conn.Close()
		return nil, err
	}
	connection.cc = cc
	p.all[connection] = struct{}{}
	p.mu.Unlock()
	cc.SetStateHook(func(*http.ClientConn) { p.changed(connection) })
	return connection, nil
}

// begin takes a connection for a request; false where it has ended meanwhile.
func (c *http1Connection) begin() bool {
	if err := c.cc.Reserve(); err != nil {
		c.pool.mu.Lock()
		c.pool.forget(c)
		c.pool.mu.Unlock()
		_ = c.cc.Close()
		return false
	}
	c.pool.mu.Lock()
	defer c.pool.mu.Unlock()
	if c.cc.Err() != nil {
		c.pool.forget(c)
		return false
	}
	c.inUse = true
	return true
}

// changed is told that a request is over, or the connection.
func (p *http1Pool) changed(c *http1Connection) {
	isOver := c.cc.Err() != nil
	isFree := !isOver && c.cc.Available() > 0
	p.mu.Lock()
	wasInUse := c.inUse && (isOver || isFree)
	if wasInUse {
		c.inUse = false
	}
	if isOver {
		p.forget(c)
	}
	p.mu.Unlock()
	if wasInUse && isFree {
		p.keep(c)
	}
	if wasInUse {
		p.slots.release()
	}
}

// keep has an idle connection wait for the next request.
func (p *http1Pool) keep(c *http1Connection) {
	p.mu.Lock()
	if p.ended != nil || p.let || c.life.Load() <= 0 || c.cc.Err() != nil {
		p.forget(c)
		p.mu.Unlock()
		_ = c.cc.Close()
		return
	}
	c.idleSince = time.Now()
	p.idle = append(p.idle, c)
	since := c.idleSince
	c.timer = time.AfterFunc(time.Duration(c.life.Load()), func() {
		p.dropIdle(func(each *http1Connection) bool { return each == c && each.idleSince == since })
	})
	p.mu.Unlock()
}

// dropIdle lets idle connections go.
func (p *http1Pool) dropIdle(which func(*http1Connection) bool) {
	p.mu.Lock()
	var dropped []*http1Connection
	for _, each := range slices.Clone(p.idle) {
		if which(each) {
			dropped = append(dropped, each)
			p.forget(each)
		}
	}
	p.mu.Unlock()
	closeAll(dropped)
}

// forget is called with the lock held. What closes a connection calls its hook, and is called without.
func (p *http1Pool) forget(c *http1Connection) {
	delete(p.all, c)
	if i := slices.Index(p.idle, c); i >= 0 {
		p.idle = slices.Delete(p.idle, i, i+1)
		c.timer.Stop()
	}
}

func closeAll(connections []*http1Connection) {
	for _, each := range connections {
		_ = each.cc.Close()
	}
}

func (p *http1Pool) letGo() {
	p.mu.Lock()
	p.let = true
	p.mu.Unlock()
	p.dropIdle(func(*http1Connection) bool { return true })
}

func (p *http1Pool) close(reason error) {
	p.mu.Lock()
	p.ended = reason
	all := make([]*http1Connection, 0, len(p.all))
	for each := range p.all {
		all = append(all, each)
	}
	p.mu.Unlock()
	p.slots.close(reason)
	p.dialer.close(reason)
	closeAll(all)
}

// send sends a request over the connection, which was taken for it.
func (c *http1Connection) send(s *sending, reused bool) (*http.Response, error) {
	began, written, read := time.Now(), c.conn.written.Load(), c.conn.read.Load()
	s.recording.connected(c.conn.RemoteAddr())
	s.recording.onTimeout(func() {
		// A way that is dead is so for all that were silent as long.
		if c.conn.read.Load() == read {
			now := time.Now()
			s.lost.note()
			c.pool.dropOlder(latest(began, now.Add(-doubtfulAfter)))
		}
	})
	s.begin()
	response, err := c.cc.RoundTrip(s.Request)
	if err == nil {
		err = failIfSwitched(response)
	}
	if err != nil {
		if c.conn.written.Load() == written {
			s.recording.provesUnsent()
		}
		return nil, c.broke(s, err, reused)
	}
	c.pool.answered.Store(true)
	c.life.Store(int64(min(idleLife, readHint(response.Header)-hintMargin)))
	response.Body = &endOfBody{
		ReadCloser: response.Body,
		broke:      func(err error) error { return c.broke(s, err, reused) },
		ended:      func() { s.recording.onTimeout(nil) },
	}
	return response, nil
}

// What breaks a kept connection, a server that ends, mostly breaks all.
func (c *http1Connection) broke(s *sending, err error, reused bool) error {
	if s.Context().Err() != nil {
		return err
	}
	s.lost.note()
	if reused {
		c.pool.dropOlder(time.Now())
	}
	why := c.conn.brokenBy(c.pool.dialer.advice)
	if why == nil || isOverHead(err) {
		return err
	}
	failure := c.conn.failed()
	if failure == errOnlyHTTP2 {
		// Two sides that speak no version in common have no connection.
		s.recording.connects()
	}
	if isHangUp(failure) && !c.pool.answered.Load() && !reused {
		return withHint(failure, c.pool.dialer.silenceHint(noPlainHTTPHint))
	}
	return why
}

// A head that is too large ends the connection, but that is not what is to be told.
func isOverHead(err error) bool {
	return strings.Contains(err.Error(), "server response headers exceeded")
}

// dropOlder lets go what has been idle since before a moment.
func (p *http1Pool) dropOlder(than time.Time) {
	p.dropIdle(func(each *http1Connection) bool { return each.idleSince.Before(than) })
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

var keepAliveTimeout = regexp.MustCompile(`(?i)(?:^|[\s,])timeout=(\d{1,9})`)

// timeout=5, max=100.
func readHint(header http.Header) time.Duration {
	if len(header["Keep-Alive"]) == 0 {
		return noLimit
	}
	found := keepAliveTimeout.FindStringSubmatch(strings.Join(header["Keep-Alive"], ", "))
	if found == nil {
		return noLimit
	}
	seconds, _ := strconv.Atoi(found[1])
	return time.Duration(seconds) * time.Second
}

// silenceHint is what may be the reason where a server closes a connection before its first word.
func (d *dialer) silenceHint(plain string) string {
	if d.secure {
		return noCertificateHint
	}
	return plain
}
