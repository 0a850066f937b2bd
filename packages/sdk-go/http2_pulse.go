package ameide

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// A pingPolicy says when a connection is asked whether its peer is there. It is shared by those to one origin.
type pingPolicy struct {
	// interval without a byte from the peer, in nanoseconds. It grows when a server says so.
	interval  atomic.Int64
	timeout   time.Duration
	whileIdle bool
}

// A pulse finds out by PINGs (RFC 9113, section 6.7) whether the peer of a connection is there.
type pulse struct {
	policy *pingPolicy
	conn   *countedConn
	// inUse says whether calls are under way.
	inUse func() bool
	// alive is told that it has answered, or that something else has come.
	alive func()
	// dead is told that nothing has come.
	dead func(reason error)

	mu      sync.Mutex
	watches bool
	asks    bool
	stopped bool
	timer   *time.Timer
	seen    int64
}

// watch has a PING follow when nothing comes for an interval. It looks once an interval, so that what is called often
// costs nothing: silence is found after two at the latest.
func (p *pulse) watch() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watchLocked()
}

func (p *pulse) watchLocked() {
	if p.watches || p.asks || p.stopped {
		return
	}
	p.watches, p.seen = true, p.conn.read.Load()
	p.timer = time.AfterFunc(time.Duration(p.policy.interval.Load()), p.look)
}

// ask asks now.
func (p *pulse) ask() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.askLocked()
}

func (p *pulse) askLocked() {
	if p.asks || p.stopped {
		return
	}
	if p.timer != nil {
		p.timer.Stop()
	}
	p.watches, p.asks, p.seen = false, true, p.conn.read.Load()
	p.timer = time.AfterFunc(p.policy.timeout, p.late)
	p.conn.frames.ping()
}

func (p *pulse) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	if p.timer != nil {
		p.timer.Stop()
	}
}

func (p *pulse) look() {
	isWanted := p.policy.whileIdle || p.inUse()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.watches {
		return
	}
	p.watches = false
	switch {
	case !isWanted:
	case p.conn.read.Load() == p.seen:
		p.askLocked()
	default:
		p.watchLocked()
	}
}

func (p *pulse) late() {
	p.mu.Lock()
	isSilent := p.conn.read.Load() == p.seen
	asks := p.asks
	p.mu.Unlock()
	switch {
	case !asks:
	case isSilent:
		p.dead(&connectionError{kind: kindOther, text: fmt.Sprintf("no answer to a PING in %d ms", p.policy.timeout.Milliseconds())})
	default:
		p.answered()
	}
}

// answered is told of the answer to a PING.
func (p *pulse) answered() {
	isWanted := p.policy.whileIdle || p.inUse()
	p.mu.Lock()
	if !p.asks {
		p.mu.Unlock()
		return
	}
	p.asks = false
	p.timer.Stop()
	if isWanted {
		p.watchLocked()
	}
	p.mu.Unlock()
	p.alive()
}
