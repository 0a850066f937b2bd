package main

import (
	"context"
	"fmt"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
	"github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1/conformancev1connect"
	"github.com/ameideio/ameide-conformance-proto-go/roster"
	ameide "github.com/ameideio/ameide-sdk-go"
)

const (
	// genericEntry is Connect's own client over the SDK's transport.
	genericEntry = "generic"
	// rosterEntry is the client the SDK makes from a list of services.
	rosterEntry = "roster"

	sdkVersion = ameide.Version
)

// constructor makes Connect's client of the service over a transport.
type constructor func(*ameide.Transport) conformancev1connect.ConformanceServiceClient

// caseClient is a client, whichever entry it came through.
type caseClient struct {
	*ameide.Transport
	conformance conformancev1connect.ConformanceServiceClient
	over        constructor
}

// openClient makes a client through an entry.
func openClient(entry, baseURL string, options []ameide.Option) (caseClient, error) {
	over, err := entryNamed(entry)
	if err != nil {
		panic(err)
	}
	transport, err := ameide.NewTransport(baseURL, options...)
	return clientOver(transport, err, over)
}

func entryNamed(entry string) (constructor, error) {
	switch entry {
	case genericEntry:
		return func(t *ameide.Transport) conformancev1connect.ConformanceServiceClient {
			return ameide.NewClient(t, conformancev1connect.NewConformanceServiceClient)
		}, nil
	case rosterEntry:
		return func(t *ameide.Transport) conformancev1connect.ConformanceServiceClient {
			return ameide.NewClient(t, roster.New).Conformance
		}, nil
	}
	return nil, fmt.Errorf("there is no entry %s", entry)
}

func clientOver(transport *ameide.Transport, err error, over constructor) (caseClient, error) {
	if err != nil {
		return caseClient{}, err
	}
	return caseClient{transport, over(transport), over}, nil
}

// derive makes a client that differs in these options.
func (c caseClient) derive(options []ameide.Option) (caseClient, error) {
	transport, err := c.With(options...)
	return clientOver(transport, err, c.over)
}

// again makes the call that a callback may make.
func (c caseClient) again(ctx context.Context) (string, error) {
	response, err := c.conformance.Idempotent(ctx, &pb.ConformanceRequest{Text: "again"})
	return response.GetText(), err
}
