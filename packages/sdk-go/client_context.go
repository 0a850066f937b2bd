package ameide

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ameideio/ameide-sdk-go/internal/hook"
	"github.com/ameideio/ameide-sdk-go/internal/policy"
	"github.com/ameideio/ameide-sdk-go/internal/uuid"
)

// A clientContext is what all calls of a transport share.
type clientContext struct {
	config    *clientConfig
	constants *policy.Constants
	// Replaces, in tests, what is random. Never nil.
	runtime   *hook.Runtime
	timers    *timers
	budget    *policy.Budget
	addresses *addressLimit
	http      http.RoundTripper
	// The user's own interceptors lie between a call and its attempts.
	hasInterceptors bool
	protocol        policy.Protocol
	shapes          wireShapes
	userAgent       string
	lifetime        *lifetime
	credentials     func(*Auth) credentialSource
	sinks           func(context.Context, *callInfo) []callSink

	fill       func([]byte)
	backoff    func() float64
	userAgents []string
	// What the headers of the SDK are called, as http.Header has them.
	names          headerNames
	withheldTenant string
	// Host and port, as they stand in addresses.
	host string
}

func (c *clientContext) wallNow() time.Time {
	if c.runtime.WallNow != nil {
		return c.runtime.WallNow()
	}
	return time.Now()
}

// prepare works out what is the same for all calls. It is called once the fields are set.
func (c *clientContext) prepare() {
	c.fill, c.backoff = uuid.RandomBytes, rand.Float64
	if c.runtime.Bytes != nil {
		c.fill = c.runtime.Bytes
	}
	if c.runtime.Backoff != nil {
		c.backoff = c.runtime.Backoff
	}
	c.userAgents = []string{c.userAgent}
	_, c.host, _ = strings.Cut(c.config.origin, "://")
	lower := c.config.headerNames
	c.names = headerNames{
		tenant:         http.CanonicalHeaderKey(lower.tenant),
		requestID:      http.CanonicalHeaderKey(lower.requestID),
		idempotencyKey: http.CanonicalHeaderKey(lower.idempotencyKey),
	}
	if slices.Contains(c.config.withheld, "AMEIDE_TENANT") {
		c.withheldTenant = withheldTenant
	}
}

// isHTTP1 says whether requests go over connections of ours, and those are of HTTP/1.1.
func (c *clientContext) isHTTP1() bool {
	options := c.config.options
	return !options.roundTripper.is && httpVersionOf(options, c.config.origin) == HTTP1
}
