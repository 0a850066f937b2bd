package ameide

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// An httpClient sends the requests that Connect makes of attempts. It is no http.Client: it follows no redirects, keeps
// no cookies, and puts no address into errors.
type httpClient struct {
	client *clientContext
}

func newHTTPClient(client *clientContext) connect.HTTPClient {
	return &httpClient{client}
}

// Do sends a request, as the attempt has it that it belongs to. A request to another origin is refused: it carries
// credentials.
func (h *httpClient) Do(request *http.Request) (*http.Response, error) {
	if !isAt(request.URL, h.client.config.url) {
		return nil, misuseError("a client over the HTTPClient of a Transport needs its BaseURL, too: " + howToMakeClients)
	}
	a := attemptOf(request.Context())
	if a == nil {
		return nil, misuseError("a client over the HTTPClient of a Transport needs its Options, too, and its calls the " +
			"contexts that interceptors get: " + howToMakeClients)
	}
	if a.call.client != h.client {
		return nil, misuseError("a client needs the HTTPClient, the BaseURL and the Options of one Transport: " +
			howToMakeClients)
	}
	r := a.record()
	if err := a.call.enter(a, r, request); err != nil {
		return nil, err
	}
	return r.run(h.client.http)
}

func isAt(asked *url.URL, base address) bool {
	port := ownPort(asked.Scheme)
	if stated := asked.Port(); stated != "" {
		port, _ = strconv.Atoi(stated)
	}
	return asked.Scheme == base.scheme && port == base.port && strings.EqualFold(asked.Hostname(), base.hostname())
}

const howToMakeClients = "make it by ameide.NewClient(transport, NewXClient), or by NewXClient(transport.HTTPClient(), " +
	"transport.BaseURL(), transport.Options()...)"

// bypassed says whether an attempt that came to an end did so without the HTTP client: Connect was given another one,
// under which nothing of the policy holds, or an interceptor below this package answered by itself.
func (a *attempt) bypassed(err error) bool {
	if a.requests.Load() > 0 {
		return false
	}
	var answered *connect.Error
	return err == nil || a.asked.Load() || errors.As(err, &answered) && len(answered.Meta()) > 0
}

func bypassedError(err error) *Error {
	failed := ""
	if text := thrownText(err); text != "" {
		failed = ". It failed: " + text
	}
	return misuseError("a call did not reach the HTTPClient of its Transport: neither deadlines nor retries, credentials " +
		"or tenant held for it. If its client was made over another HTTP client, " + howToMakeClients +
		"; give an HTTP client of yours by ameide.WithRoundTripper, and an interceptor that answers by itself by " +
		"ameide.WithInterceptors" + failed)
}

// enter makes the request of an attempt as it is sent, and sets its limit.
func (c *baseCall) enter(a *attempt, r *recording, request *http.Request) error {
	now := a.startedAt
	if c.client.hasInterceptors {
		now = time.Now()
	}
	a.mu.Lock()
	a.enteredAt = now
	a.mu.Unlock()
	if c.ending() != nil || a.Err() != nil {
		return errAttemptOver
	}
	limit := c.kind.limit(now)
	timeoutMs, expired := policy.WireTimeout(c.client.constants, limit, c.plan.remainingMs(now))
	if expired {
		c.reach(policy.AbortDeadline)
		return errAttemptOver
	}
	a.setDue(now, limit)
	header, err := c.plan.wireHeaders(request.Header, timeoutMs, &r.own)
	if err != nil {
		return err
	}
	r.request = *request
	r.request.Header, r.request.GetBody = header, nil
	if c.plan.shape.replays {
		if err := c.replays(r); err != nil {
			return err
		}
	} else {
		r.mu.Lock()
		r.streamed, r.hasBody = request.Body, true
		r.mu.Unlock()
	}
	// With a body that may be asked for again, net/http would send a request again by itself.
	r.request.Body = (*sentBody)(r)
	if c.events != nil || c.client.hasInterceptors {
		c.events.started(a, timeoutMs, header)
		// Whoever was told that the attempt starts may have ended it, or have taken its time.
		if c.plan.remaining(time.Now()) < msDuration(c.client.constants.MinWireTimeoutMs) {
			c.reach(policy.AbortDeadline)
		}
		if c.ending() != nil || a.Err() != nil {
			return errAttemptOver
		}
	}
	c.timer.setIn(a.round, now, msDuration(limit.LimitMs), limit.Cause)
	return nil
}

// Takes the request of the first attempt.
func (c *baseCall) replays(r *recording) error {
	c.mu.Lock()
	isFrozen := c.frozen.url != nil
	c.mu.Unlock()
	var made frozenRequest
	if !isFrozen {
		// Whoever wraps the HTTP client may give a body that takes its time.
		if err := made.freeze(&r.request, c.client.addresses, c.plan.method.sendsGet); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	frozen := &c.frozen
	if frozen.url == nil {
		*frozen = made
	}
	if !c.plan.shape.sendsGzip && !isPlain(frozen.contentEncoding) {
		return strangeOptionError("compresses by "+frozen.contentEncoding, "none")
	}
	frozen.writeHeaders(r.request.Header)
	r.request.URL, r.request.Method = frozen.url, frozen.method
	r.message, r.hasBody = frozen.body, frozen.method != http.MethodGet
	r.request.ContentLength = int64(len(frozen.body))
	return nil
}

func (a *attempt) setDue(now time.Time, limit policy.AttemptLimit) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dueCause = policy.AbortDeadline
	due := a.call.plan.remaining(now)
	if limit.OnWire {
		a.dueCause, due = limit.Cause, msDuration(limit.LimitMs)
	}
	if due != noLimit {
		a.dueAt = now.Add(due)
	}
}
