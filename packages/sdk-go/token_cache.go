package ameide

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go/internal/hook"
	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// A tokenCache holds the tokens of one provider, per tenant and scopes: asked for once for many calls.
type tokenCache struct {
	provider  TokenProvider
	constants *policy.Constants
	timers    *timers
	store     *tokenStore
	jitter    func() float64
	wallNow   func() time.Time
	id        int

	// The rest is guarded by the lock of the store.
	slots providerSlots
	asked int64
	// Calls of one method ask for the same again and again.
	lastTenant string
	lastScopes []string
	last       *tokenEntry
}

func newTokenCache(
	provider TokenProvider, runtime *hook.Runtime, constants *policy.Constants, timers *timers, store *tokenStore,
) *tokenCache {
	c := &tokenCache{
		provider: provider, constants: constants, timers: timers, store: store,
		jitter: runtime.AuthJitter, wallNow: runtime.WallNow,
		id:    store.nextProvider(),
		slots: providerSlots{constants: constants},
	}
	if c.jitter == nil {
		c.jitter = rand.Float64
	}
	if c.wallNow == nil {
		c.wallNow = time.Now
	}
	return c
}

func (*tokenCache) header() string { return "Authorization" }

func (c *tokenCache) get(ctx context.Context, request *credentialRequest) (*credential, error) {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	entry, closed := c.entry(request)
	if closed != nil {
		return nil, closed
	}
	if entry.generation() <= entry.refused && c.mayRenew(entry, entry.refused) {
		return c.renewed(ctx, entry, request, entry.refused)
	}
	if token := entry.token; token != nil {
		switch token.life.stage() {
		case lifeFresh:
			return token.credential, nil
		case lifeRenewable:
			c.renewAhead(entry, request)
			return token.credential, nil
		}
	}
	return c.fetch(ctx, entry, request, 0)
}

func (c *tokenCache) canRenew(request *credentialRequest, refused *credential) bool {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	entry, closed := c.entry(request)
	return closed == nil && c.mayRenew(entry, refused.generation)
}

func (c *tokenCache) renew(ctx context.Context, request *credentialRequest, refused *credential) (*credential, error) {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	entry, closed := c.entry(request)
	if closed != nil {
		return nil, closed
	}
	return c.renewed(ctx, entry, request, refused.generation)
}

func (c *tokenCache) refuse(request *credentialRequest, refused *credential) {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	if entry, closed := c.entry(request); closed == nil {
		entry.refused = max(entry.refused, refused.generation)
	}
}

func (c *tokenCache) mayRenew(entry *tokenEntry, refused int64) bool {
	if entry.usable(refused) != nil || entry.flight != nil {
		return true
	}
	isNew := entry.token != nil && entry.token.afterRefusal && entry.token.life.ageMs() < float64(c.constants.ProviderPauseMs)
	return !isNew && !c.isPaused(entry)
}

func (c *tokenCache) renewed(
	ctx context.Context, entry *tokenEntry, request *credentialRequest, refused int64,
) (*credential, error) {
	if usable := entry.usable(refused); usable != nil {
		return usable, nil
	}
	return c.fetch(ctx, entry, request, refused)
}

func (c *tokenCache) fetch(
	ctx context.Context, entry *tokenEntry, request *credentialRequest, refused int64,
) (*credential, error) {
	return newTokenWait(c, entry, request, refused).wait(ctx)
}

// isPaused: the provider failed so recently that it is not asked again.
func (c *tokenCache) isPaused(entry *tokenEntry) bool {
	return entry.failure != nil && time.Since(entry.failure.at) < msDuration(c.constants.ProviderPauseMs)
}

// gaveUp is told that a wait was too long: the provider counts as failed.
func (c *tokenCache) gaveUp(entry *tokenEntry, flight *tokenFlight) *Error {
	err := providerError(fmt.Errorf("it gave no token within %d ms", c.constants.TokenTimeoutMs))
	entry.failure = &providerFailure{err, time.Now()}
	if flight != nil && entry.flight == flight {
		entry.flight = nil
	}
	return err
}

func (c *tokenCache) entry(request *credentialRequest) (*tokenEntry, *Error) {
	if c.last != nil && !c.last.dropped && c.lastTenant == request.tenant && slices.Equal(c.lastScopes, request.scopes) {
		return c.last, nil
	}
	if c.store.closed != nil {
		return nil, c.store.closed
	}
	key := strings.Builder{}
	fmt.Fprintf(&key, "%d %s", c.id, strconv.Quote(request.tenant))
	for _, scope := range request.scopes {
		key.WriteString(" " + strconv.Quote(scope))
	}
	c.last = c.store.entry(key.String(), c.constants)
	c.lastTenant, c.lastScopes = request.tenant, request.scopes
	return c.last, nil
}

// renewAhead never queues: there is a token that will do.
func (c *tokenCache) renewAhead(entry *tokenEntry, request *credentialRequest) {
	flight, failure := entry.flight, entry.failure
	isUnderWay := flight != nil && time.Since(flight.started) < msDuration(c.constants.TokenTimeoutMs)
	hasFailed := failure != nil && time.Since(failure.at) < msDuration(c.constants.FailedRefreshWaitMs)
	if !isUnderWay && !hasFailed && c.slots.isFree() {
		c.ask(entry, request, false, nil)
	}
}

// ask makes a request to the provider, in a goroutine of its own.
func (c *tokenCache) ask(entry *tokenEntry, request *credentialRequest, afterRefusal bool, wait *tokenWait) {
	c.asked++
	flight := &tokenFlight{number: c.asked, started: time.Now(), afterRefusal: afterRefusal}
	entry.flight = flight
	if wait != nil {
		wait.flight = flight
	}
	c.slots.take(flight)
	life := msDuration(c.constants.TokenTimeoutMs)
	asked := TokenRequest{Tenant: request.tenant, Scopes: slices.Clone(request.scopes), Deadline: c.wallNow().Add(life)}
	go func() {
		ctx, cancel := context.WithTimeout(c.store.ctx, life)
		defer cancel()
		var given Token
		err := errCallbackLeft
		// Those who wait are told of a provider that ends its goroutine, too.
		defer func() {
			c.store.mu.Lock()
			defer c.store.mu.Unlock()
			if err != nil {
				c.failed(entry, flight, providerError(err))
			} else {
				c.landed(entry, flight, given)
			}
		}()
		given, err = c.provider(ctx, asked)
	}()
}

func (c *tokenCache) landed(entry *tokenEntry, flight *tokenFlight, given Token) {
	expiresMs, wrong := readToken(given, c.constants)
	if wrong != nil {
		c.failed(entry, flight, wrong)
		return
	}
	c.end(entry, flight)
	// One that was asked for before the one at hand is older.
	if c.store.closed != nil || flight.number <= entry.generation() {
		return
	}
	got := &credential{header: c.header(), value: "Bearer " + given.Token, generation: flight.number}
	entry.token = &keptToken{
		credential:   got,
		life:         newTokenLife(c.wallNow, expiresMs, c.constants, c.jitter()),
		afterRefusal: flight.afterRefusal,
	}
	entry.failure = nil
	for _, wait := range entry.waits {
		wait.take(got)
	}
}

func (c *tokenCache) failed(entry *tokenEntry, flight *tokenFlight, err *Error) {
	c.end(entry, flight)
	entry.failure = &providerFailure{err, time.Now()}
	for _, wait := range entry.waits {
		if wait.flight == flight {
			wait.fail(err)
		}
	}
}

func (c *tokenCache) end(entry *tokenEntry, flight *tokenFlight) {
	c.slots.release(flight)
	if entry.flight == flight {
		entry.flight = nil
	}
}

var errCallbackLeft = errors.New("the function ended its goroutine (runtime.Goexit), and gave no error")

func providerError(cause error) *Error {
	text := "the token provider failed"
	if why := thrownTextWithoutTokens(cause); why != "" {
		text += ": " + why
	}
	source := connect.NewError(connect.CodeUnauthenticated, &told{text: text, cause: cause})
	return newError(source, errorFacts{origin: OriginClient, reason: ReasonTokenProviderFailed})
}
