package ameide

import (
	"context"
	"fmt"
	"log/slog"
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

// String says what it is, and never the token.
func (t Token) String() string {
	if t.ExpiresAt.IsZero() {
		return "a token that does not expire"
	}
	return "a token that expires at " + t.ExpiresAt.Format(time.RFC3339)
}

// Format prints String by any verb.
func (t Token) Format(to fmt.State, verb rune) { formatText(to, verb, t.String()) }

// LogValue is String. In JSON, which may be what keeps it, a token is whole.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }

// Auth is how calls are authenticated: [BearerToken], [StaticKey] or [Provider]. Clients that are given the same Auth
// share its tokens. No way to print or encode it shows a credential.
type Auth struct {
	// A function, so that nothing that prints by reflection shows what it has.
	made func() *authParts
}

// authParts are what an Auth was made of.
type authParts struct {
	kind          authKind
	token         string
	header, value string
	provider      TokenProvider
}

// An authKind is what an Auth was made by.
type authKind string

const (
	bearerToken   authKind = "a bearer token"
	staticKey     authKind = "a static key"
	tokenProvider authKind = "a token provider"
)

func newAuth(parts authParts) *Auth { return &Auth{func() *authParts { return &parts }} }

// BearerToken sends a bearer token that does not change (RFC 6750). It is given without the word Bearer.
func BearerToken(token string) *Auth { return newAuth(authParts{kind: bearerToken, token: token}) }

// StaticKey sends a key in a header of its own, x-api-key say.
func StaticKey(header, value string) *Auth {
	return newAuth(authParts{kind: staticKey, header: header, value: value})
}

// Provider sends bearer tokens that a function gives. They are kept for each tenant and scopes until shortly before they
// expire, or a server refuses them.
func Provider(provider TokenProvider) *Auth {
	return newAuth(authParts{kind: tokenProvider, provider: provider})
}

// parts are none of what was not made by one of these functions.
func (a *Auth) parts() *authParts {
	if a == nil || a.made == nil {
		return new(authParts)
	}
	return a.made()
}

// String is the kind of authentication, and never a credential.
func (a Auth) String() string {
	switch parts := a.parts(); parts.kind {
	case "":
		return "no credential"
	case staticKey:
		return string(parts.kind) + " in " + parts.header
	default:
		return string(parts.kind)
	}
}

// Format prints String by any verb.
func (a Auth) Format(to fmt.State, verb rune) { formatText(to, verb, a.String()) }

// MarshalText is String, for JSON and logs.
func (a Auth) MarshalText() ([]byte, error) { return []byte(a.String()), nil }
