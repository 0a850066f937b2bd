package ameide

import (
	"context"
	"time"
)

// TokenRequest is what a token is wanted for.
type TokenRequest struct {
	// Tenant of the call; empty if it has none.
	Tenant string
	// Scopes are the OAuth scopes the method declares (RFC 6749, section 3.3).
	Scopes []string
	// Deadline is when the SDK stops waiting for this request, 30 s after it began. Calls that wait for it may have less
	// time left; it is never theirs. It is that of the context, too.
	Deadline time.Time
}

// Token is a bearer token (RFC 6750).
type Token struct {
	Token string
	// ExpiresAt is when it expires. The zero time is for a token that does not: it is kept until refused. A time before
	// 1973-03-03 fails the call with the reason CONFIG_INVALID: it was made from seconds where milliseconds were due.
	ExpiresAt time.Time
}

// TokenProvider gets a token. It is called once for many waiting calls, for at most 16 tenants and scopes at once, from
// several goroutines. After a failure it is not called again for a second. What its error says stands in the error of the
// calls, with REDACTED for what looks like a credential.
//
// The context is that of the request to the provider, not of the call that began it: it ends 30 s after it began, and
// with Close of the client.
type TokenProvider func(ctx context.Context, request TokenRequest) (Token, error)

// Auth is how calls are authenticated: [BearerToken], [StaticKey] or [Provider]. Clients that are given the same Auth
// share its tokens.
type Auth struct {
	token         string
	header, value string
	provider      TokenProvider
}

// BearerToken sends a bearer token that does not change (RFC 6750). It is given without the word Bearer.
func BearerToken(token string) *Auth { return &Auth{token: token} }

// StaticKey sends a key in a header of its own, x-api-key say.
func StaticKey(header, value string) *Auth { return &Auth{header: header, value: value} }

// Provider sends bearer tokens that a function gives. They are kept for each tenant and scopes until shortly before they
// expire, or a server refuses them.
func Provider(provider TokenProvider) *Auth { return &Auth{provider: provider} }

// String is the kind of authentication, and never a credential.
func (a *Auth) String() string {
	switch {
	case a == nil:
		return "no credential"
	case a.provider != nil:
		return "a token provider"
	case a.header != "":
		return "a static key in " + a.header
	default:
		return "a bearer token"
	}
}

// GoString is String, so that no way to print it shows a credential.
func (a *Auth) GoString() string { return a.String() }
