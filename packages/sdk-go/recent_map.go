package ameide

import (
	"container/list"
	"sync"
)

// A recentMap is a map of limited size: what was used longest ago leaves it. It may be used by many goroutines.
type recentMap[K comparable, V any] struct {
	limit   int
	dropped func(V)

	mu      sync.Mutex
	entries map[K]*list.Element
	order   list.List // the one used last comes first
}

type recentEntry[K comparable, V any] struct {
	key   K
	value V
}

// newRecentMap makes a map. dropped, if it is not nil, is told what left because of the limit.
func newRecentMap[K comparable, V any](limit int, dropped func(V)) *recentMap[K, V] {
	return &recentMap[K, V]{limit: limit, dropped: dropped, entries: map[K]*list.Element{}}
}

// get is the value of a key, made where there is none. make must not wait.
func (m *recentMap[K, V]) get(key K, make func() V) V {
	m.mu.Lock()
	if found := m.entries[key]; found != nil {
		m.order.MoveToFront(found)
		m.mu.Unlock()
		return found.Value.(recentEntry[K, V]).value
	}
	value := make()
	m.entries[key] = m.order.PushFront(recentEntry[K, V]{key, value})
	var left []V
	for len(m.entries) > m.limit {
		oldest := m.order.Remove(m.order.Back()).(recentEntry[K, V])
		delete(m.entries, oldest.key)
		left = append(left, oldest.value)
	}
	m.mu.Unlock()
	if m.dropped != nil {
		for _, value := range left {
			m.dropped(value)
		}
	}
	return value
}

// values are those kept, from the one used longest ago.
func (m *recentMap[K, V]) values() []V {
	m.mu.Lock()
	defer m.mu.Unlock()
	values := make([]V, 0, len(m.entries))
	for each := m.order.Back(); each != nil; each = each.Prev() {
		values = append(values, each.Value.(recentEntry[K, V]).value)
	}
	return values
}

func (m *recentMap[K, V]) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.order.Init()
	clear(m.entries)
}
