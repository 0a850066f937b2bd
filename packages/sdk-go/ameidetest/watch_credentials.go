package ameidetest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// A WatchedRequest is one that an HTTP client was given.
type WatchedRequest struct {
	URL    string
	Method string
	Header http.Header
}

// A CredentialWatch is an HTTP client around another, for [ameide.WithRoundTripper], that keeps what it was given.
type CredentialWatch struct {
	inner   http.RoundTripper
	home    string
	secrets []string

	mu       sync.Mutex
	requests []WatchedRequest
}

// WatchCredentials wraps an HTTP client so that a test can assert that no credential left the origin it is meant for.
// secrets are values that must reach no other origin: tokens, keys, tenants. It panics if origin is no address.
func WatchCredentials(client http.RoundTripper, origin string, secrets ...string) *CredentialWatch {
	home, err := url.Parse(origin)
	if err != nil || home.Host == "" {
		panic(fmt.Sprintf("ameidetest: %q is no address, such as https://api.example.com", origin))
	}
	return &CredentialWatch{inner: client, home: originOf(home), secrets: secrets}
}

// RoundTrip keeps a request and hands it on.
func (w *CredentialWatch) RoundTrip(request *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.requests = append(w.requests, WatchedRequest{request.URL.String(), request.Method, request.Header.Clone()})
	w.mu.Unlock()
	return w.inner.RoundTrip(request)
}

// Requests are those so far.
func (w *CredentialWatch) Requests() []WatchedRequest {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]WatchedRequest(nil), w.requests...)
}

// Leaked is an error if a credential went to another origin. It names the header and never the value.
func (w *CredentialWatch) Leaked() error {
	for _, request := range w.Requests() {
		address, err := url.Parse(request.URL)
		if err != nil || originOf(address) == w.home {
			continue
		}
		for name, values := range request.Header {
			if w.isSecret(values) {
				return fmt.Errorf("the header %s went to %s", name, originOf(address))
			}
		}
	}
	return nil
}

func (w *CredentialWatch) isSecret(values []string) bool {
	for _, value := range values {
		for _, secret := range w.secrets {
			if secret != "" && strings.Contains(value, secret) {
				return true
			}
		}
	}
	return false
}

func originOf(address *url.URL) string {
	return strings.ToLower(address.Scheme + "://" + address.Host)
}
