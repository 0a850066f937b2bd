// Package client has every service of the roster in one client.
//
//	c, err := client.New("https://api.example.com", ameide.WithTenant("acme"))
//	if err != nil {
//		return err
//	}
//	defer c.Close()
//	thread, err := c.Threads.GetThread(ctx, &threadsv1.GetThreadRequest{ThreadId: id})
//
// Programs that call one service, or services of their own, link less by a generated client over [ameide.NewTransport].
package client

import (
	"context"

	"github.com/ameideio/ameide-core-proto-go/roster"

	"github.com/ameideio/ameide-sdk-go"
)

// A Client has a client of every service, all over one transport. It may be used by many goroutines.
type Client struct {
	*roster.Roster

	// Transport is the one below, for services beyond the roster.
	Transport *ameide.Transport
}

// New makes a client for the services at baseURL; the arguments and the error are those of [ameide.NewTransport].
func New(baseURL string, options ...ameide.Option) (*Client, error) {
	transport, err := ameide.NewTransport(baseURL, options...)
	if err != nil {
		return nil, err
	}
	return Over(transport), nil
}

// Over makes a client over a transport.
func Over(transport *ameide.Transport) *Client {
	return &Client{
		Roster:    ameide.NewClient(transport, roster.New),
		Transport: transport,
	}
}

// With derives a client with other options, as [ameide.Transport.With]. Connections and retry budget of an origin are
// shared.
func (c *Client) With(options ...ameide.Option) (*Client, error) {
	transport, err := c.Transport.With(options...)
	if err != nil {
		return nil, err
	}
	return Over(transport), nil
}

// Explain is the effective policy of a method, as [ameide.Transport.Explain].
func (c *Client) Explain(procedure string) (*ameide.Explanation, error) {
	return c.Transport.Explain(procedure)
}

// Close ends all calls and connections, as [ameide.Transport.Close].
func (c *Client) Close() { c.Transport.Close() }

// Drain takes no more calls, waits for those that were made, and closes, as [ameide.Transport.Drain].
func (c *Client) Drain(ctx context.Context) (aborted int) { return c.Transport.Drain(ctx) }
