package ameide

import (
	"sync"
	"weak"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// connectionPools are the connections of a client family: those to the origins used last. Others are let go, not cut: a
// call may be under way on them.
type connectionPools struct {
	pools *recentMap[connectionSettings, *connections]

	mu       sync.Mutex
	released []weak.Pointer[connections]
}

func newConnectionPools() *connectionPools {
	pools := new(connectionPools)
	pools.pools = newRecentMap[connectionSettings](policy.MaxOrigins, pools.letGo)
	return pools
}

// get is the pool of a client's settings, made where there is none.
func (p *connectionPools) get(settings connectionSettings, connect func() *connections) *connections {
	return p.pools.get(settings, connect)
}

// close ends all connections, those that were let go included.
func (p *connectionPools) close() {
	p.mu.Lock()
	released := p.released
	p.released = nil
	p.mu.Unlock()
	for _, pool := range p.pools.values() {
		pool.close()
	}
	for _, each := range released {
		if pool := each.Value(); pool != nil {
			pool.close()
		}
	}
	p.pools.clear()
}

func (p *connectionPools) letGo(pool *connections) {
	pool.letGo()
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := p.released[:0]
	for _, each := range p.released {
		if each.Value() != nil {
			kept = append(kept, each)
		}
	}
	p.released = append(kept, weak.Make(pool))
}
