// Package ameidetest is for tests of code that calls services by package ameide: calls without a network, pinned
// randomness, timers that are counted, and a watch over credentials.
//
// Time needs nothing of it. In a bubble of [testing/synctest] the waits of the SDK, the deadlines of its calls and the
// handlers of [NewTransport] are on the bubble's clock, which jumps to the next timer when nothing else can go on:
//
//	func TestRetry(t *testing.T) {
//		synctest.Test(t, func(t *testing.T) {
//			transport, err := ameidetest.NewTransport(handler, ameidetest.WithRandom(ameidetest.Random{
//				Backoff: ameidetest.Sequence(0.5),
//			}))
//			…
//		})
//	}
package ameidetest

import (
	"net/http"

	"github.com/ameideio/ameide-sdk-go"
	"github.com/ameideio/ameide-sdk-go/internal/hook"
)

// BaseURL is the base address of the transports of [NewTransport].
const BaseURL = "https://memory.test"

// NewTransport makes a transport that calls a handler in this process: no socket, no port. The handler may be an
// [http.ServeMux] with the handlers of any number of services. The protocol, the format and all else are those of the
// options.
func NewTransport(handler http.Handler, options ...ameide.Option) (*ameide.Transport, error) {
	inMemory := []ameide.Option{ameide.WithRoundTripper(NewRoundTripper(handler))}
	return ameide.NewTransport(BaseURL, append(inMemory, options...)...)
}

func option(runtime *hook.Runtime) ameide.Option {
	return hook.Option(runtime).(ameide.Option)
}
