package ameide

import (
	"container/list"
	"context"
	"sync"
	"time"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// A tokenFlight is a request to a provider.
type tokenFlight struct {
	// number counts the requests to a provider from 1.
	number  int64
	started time.Time
	// afterRefusal: it was begun because a token was refused.
	afterRefusal bool
}

// A keptToken was got.
type keptToken struct {
	credential   *credential
	life         *tokenLife
	afterRefusal bool
}

// A providerFailure is the last failure of a provider.
type providerFailure struct {
	err *Error
	at  time.Time
}

// A tokenEntry is all that is kept for a tenant and scopes of one provider.
type tokenEntry struct {
	token *keptToken
	// refused is the generation of the newest token that is not to be used again, if there is another.
	refused int64
	// failure is the last one of the provider, since when no token came.
	failure *providerFailure
	// flight is the newest request, until it is answered.
	flight *tokenFlight
	waits  []*tokenWait
	// dropped: it is no longer in the store.
	dropped bool
	key     string
}

const sweepEvery = time.Second

// A tokenStore keeps the tokens of a client and those derived from it: the ones used last, as many as are allowed. All
// are gone once it is closed. Its lock guards them, and all that waits for them; nothing waits that holds it.
type tokenStore struct {
	// ctx is that of requests to providers: it ends with the client.
	ctx context.Context
	end context.CancelFunc

	mu sync.Mutex
	// The one used longest ago comes first.
	order     *list.List
	entries   map[string]*list.Element
	waits     map[*tokenWait]struct{}
	providers int
	swept     time.Time
	closed    *Error
}

func newTokenStore() *tokenStore {
	ctx, end := context.WithCancel(context.Background())
	return &tokenStore{
		ctx: ctx, end: end,
		order: list.New(), entries: map[string]*list.Element{}, waits: map[*tokenWait]struct{}{},
	}
}

// nextProvider names a provider in keys.
func (s *tokenStore) nextProvider() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.providers++
	return s.providers
}

// entry is the entry of a key, made where there is none.
func (s *tokenStore) entry(key string, constants *policy.Constants) *tokenEntry {
	if element := s.entries[key]; element != nil {
		s.order.MoveToBack(element)
		return element.Value.(*tokenEntry)
	}
	s.makeRoom(constants)
	entry := &tokenEntry{key: key}
	s.entries[key] = s.order.PushBack(entry)
	return entry
}

// close drops everything, fails those who wait, and ends the requests to providers.
func (s *tokenStore) close(reason *Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed == nil {
		s.closed = reason
	}
	s.end()
	for s.order.Len() > 0 {
		s.drop(s.order.Front())
	}
	for wait := range s.waits {
		wait.abandon(reason)
	}
}

func (s *tokenStore) makeRoom(constants *policy.Constants) {
	if now := time.Now(); now.Sub(s.swept) >= sweepEvery {
		s.swept = now
		pausedFrom := now.Add(-msDuration(constants.ProviderPauseMs))
		for element := s.order.Front(); element != nil; {
			next := element.Next()
			if element.Value.(*tokenEntry).isSpent(pausedFrom) {
				s.drop(element)
			}
			element = next
		}
	}
	for int64(s.order.Len()) >= max(constants.MaxTokens, 1) {
		s.drop(s.order.Front())
	}
}

func (s *tokenStore) drop(element *list.Element) {
	entry := s.order.Remove(element).(*tokenEntry)
	entry.dropped = true
	delete(s.entries, entry.key)
}

// isSpent: nothing of it is of use any more, nor holds a provider back.
func (e *tokenEntry) isSpent(pausedFrom time.Time) bool {
	return (e.token == nil || e.token.life.stage() == lifeExpired) &&
		(e.failure == nil || !e.failure.at.After(pausedFrom)) &&
		e.flight == nil && len(e.waits) == 0
}

// generation of its token; 0 for none.
func (e *tokenEntry) generation() int64 {
	if e.token == nil {
		return 0
	}
	return e.token.credential.generation
}

// usable is its token, if it is newer than that and has not expired.
func (e *tokenEntry) usable(refused int64) *credential {
	if e.token == nil || e.generation() <= refused || e.token.life.stage() == lifeExpired {
		return nil
	}
	return e.token.credential
}
