package ameide_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ameideio/ameide-sdk-go"
	"github.com/ameideio/ameide-sdk-go/ameidetest"

	threadsv1 "github.com/ameideio/ameide-core-proto-go/ameide/threads/v1"
	"github.com/ameideio/ameide-core-proto-go/ameide/threads/v1/threadsv1connect"
)

func listThreads(ctx context.Context, transport *ameide.Transport) error {
	_, err := ameide.NewClient(transport, threadsv1connect.NewThreadsServiceClient).
		ListThreads(ctx, &threadsv1.ListThreadsRequest{})
	return err
}

// Whoever waits for a token is told at once of a provider that ends its goroutine.
func TestProviderThatEndsItsGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport, err := ameidetest.NewTransport(threadsHandler(), ameide.WithTenant("acme"),
			ameide.WithAuth(ameide.Provider(func(context.Context, ameide.TokenRequest) (ameide.Token, error) {
				time.Sleep(time.Second)
				runtime.Goexit()
				return ameide.Token{}, nil
			})))
		if err != nil {
			t.Fatal(err)
		}
		defer transport.Close()
		began := time.Now()
		results := make(chan error)
		for range 3 {
			go func() { results <- listThreads(t.Context(), transport) }()
		}
		for range 3 {
			var failed *ameide.Error
			if err := <-results; !errors.As(err, &failed) || failed.Reason != ameide.ReasonTokenProviderFailed ||
				!strings.Contains(failed.Message, "runtime.Goexit") {
				t.Errorf("%v", err)
			}
		}
		if waited := time.Since(began); waited != time.Second {
			t.Errorf("they waited %v", waited)
		}
	})
}

// What makes connections, or gives their TLS material, may break every promise.
func TestConnectionsThatAreNone(t *testing.T) {
	dials := ameide.WithDialContext
	for name, each := range map[string]struct {
		given ameide.Option
		says  string
	}{
		"no connection": {dials(func(context.Context, string, string) (net.Conn, error) { return nil, nil }),
			"must give a connection or an error"},
		"a nil connection": {dials(func(context.Context, string, string) (net.Conn, error) { return (*net.TCPConn)(nil), nil }),
			"must give a connection or an error"},
		"no goroutine": {dials(func(context.Context, string, string) (net.Conn, error) {
			runtime.Goexit()
			return nil, nil
		}), "runtime.Goexit"},
		"no goroutine for TLS": {ameide.WithTLSSource(func(context.Context) (*tls.Config, error) {
			runtime.Goexit()
			return nil, nil
		}), "runtime.Goexit"},
	} {
		for _, version := range []ameide.HTTPVersion{ameide.HTTP1, ameide.HTTP2} {
			t.Run(name+" of HTTP/"+string(version), func(t *testing.T) {
				transport := localTransport(t, "https://api.test", ameide.WithHTTPVersion(version), each.given)
				err := listThreads(ameide.WithCall(t.Context(), ameide.WithoutRetry()), transport)
				var failed *ameide.Error
				if !errors.As(err, &failed) || !strings.Contains(failed.Message, each.says) || len(failed.Attempts) != 1 ||
					failed.Attempts[0].Sent != ameide.SentNo {
					t.Errorf("%v", err)
				}
			})
		}
	}
}
