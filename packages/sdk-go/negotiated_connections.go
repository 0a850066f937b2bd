package ameide

import (
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// spareFor: a spare connection is for the call whose dial made it.
	spareFor = time.Second
	// mostVersionTurns: servers behind one address may differ. Whom it hits more often begins a new attempt.
	mostVersionTurns = 2

	needsHTTP2 = "the method streams both ways, which takes HTTP/2, and the server does not speak it"
)

var errOtherVersion = errors.New("the server picked another HTTP version")

// A negotiatedPool holds connections of the version that the server picks: HTTP/2, or what it has. The choice is
// remembered until a later connection says otherwise.
type negotiatedPool struct {
	dialer *dialer
	pools  map[string]pool
	// isHTTP1 is what the server picked last.
	isHTTP1 atomic.Bool

	mu     sync.Mutex
	spares map[string]*dialed
	ended  bool
}

func newNegotiatedPool(
	settings connectionSettings, dialer *dialer, warn func(text string, fields ...any),
) *negotiatedPool {
	p := &negotiatedPool{dialer: dialer, spares: map[string]*dialed{}}
	p.pools = map[string]pool{
		alpnHTTP2: newHTTP2Pool(settings, dialer, p.dial),
		alpnHTTP1: newHTTP1Pool(settings, dialer, p.dial, warn),
	}
	return p
}

func (p *negotiatedPool) send(s *sending) (*http.Response, error) {
	for turn := 0; ; turn++ {
		protocol := alpnHTTP2
		// The server may speak HTTP/2 by now, and nothing else of a call that needs it would find out.
		if p.isHTTP1.Load() && !s.bothWays {
			protocol = alpnHTTP1
		}
		response, err := p.pools[protocol].send(s)
		if !errors.Is(err, errOtherVersion) || s.Context().Err() != nil {
			return response, err
		}
		if s.bothWays {
			return nil, unstreamable(needsHTTP2)
		}
		if turn == mostVersionTurns {
			return nil, err
		}
	}
}

// dial makes a connection of one version; it fails with errOtherVersion where it is not that.
func (p *negotiatedPool) dial(wanted ...string) (*dialed, error) {
	protocol := wanted[0]
	p.mu.Lock()
	spare := p.spares[protocol]
	delete(p.spares, protocol)
	p.mu.Unlock()
	if spare != nil {
		return spare, nil
	}
	made, err := p.dialer.dial(alpnHTTP2, alpnHTTP1)
	if err != nil {
		return nil, err
	}
	p.isHTTP1.Store(made.protocol == alpnHTTP1)
	if made.protocol != protocol {
		p.keep(made)
		return nil, errOtherVersion
	}
	return made, nil
}

func (p *negotiatedPool) keep(made *dialed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended || p.spares[made.protocol] != nil {
		_ = made.conn.Close()
		return
	}
	p.spares[made.protocol] = made
	time.AfterFunc(spareFor, func() {
		p.mu.Lock()
		isUnused := p.spares[made.protocol] == made
		if isUnused {
			delete(p.spares, made.protocol)
		}
		p.mu.Unlock()
		if isUnused {
			_ = made.conn.Close()
		}
	})
}

func (p *negotiatedPool) letGo() {
	for _, each := range p.pools {
		each.letGo()
	}
}

func (p *negotiatedPool) close(reason error) {
	for _, each := range p.pools {
		each.close(reason)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	for _, spare := range p.spares {
		_ = spare.conn.Close()
	}
	clear(p.spares)
}
