package main

import (
	"context"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/ameideio/ameide-conformance-proto-go/roster"
	"github.com/ameideio/ameide-sdk-go"
)

// The suite's service has every kind of method, which ours may lack.
func TestEveryKind(t *testing.T) {
	calls := &recorder{}
	transport, err := newTransport(calls)
	if err != nil {
		t.Fatal(err)
	}
	defer transport.Close()
	clients, err := clientsOf("roster.New", ameide.NewClient(transport, roster.New), calls)
	if err != nil {
		t.Fatal(err)
	}
	if len(clients) != 1 || clients[0].Entry != "roster.New" || clients[0].Name != "Conformance" {
		t.Fatalf("%v", clients)
	}
	found := map[string]clientMethod{}
	for _, method := range clients[0].Methods {
		found[method.Name] = method
	}
	for name, want := range map[string][2]string{
		"NoSideEffects":          {"unary", "no_side_effects"},
		"Unknown":                {"unary", "unknown"},
		"ServerStreamIdempotent": {"server_streaming", "idempotent"},
		"ClientStreamUnknown":    {"client_streaming", "unknown"},
		"ClientStreamIdempotent": {"client_streaming", "idempotent"},
		"BidiStreamIdempotent":   {"bidi_streaming", "idempotent"},
	} {
		method := found[name]
		if got := [2]string{method.Kind, method.Idempotency}; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
		if want := "ameide.conformance.v1.ConformanceService/" + name; method.Procedure != want {
			t.Errorf("%s asks for %s", name, method.Procedure)
		}
		if method.Input != "ameide.conformance.v1.ConformanceRequest" || method.Output != "ameide.conformance.v1.ConformanceResponse" {
			t.Errorf("%s: %s, %s", name, method.Input, method.Output)
		}
	}
}

// A client that is declared and never made.
func TestNoClient(t *testing.T) {
	clients, err := clientsOf("roster.New", &roster.Roster{}, &recorder{})
	if err != nil {
		t.Fatal(err)
	}
	method := clients[0].Methods[0]
	if method.Kind == "" || method.Procedure != "" {
		t.Errorf("%v", method)
	}
}

// What protoc-gen-connect-go declares without the option simple.
type notSimple struct {
	Unary interface {
		Get(context.Context, *connect.Request[emptypb.Empty]) (*connect.Response[emptypb.Empty], error)
	}
}

type notSimpleStream struct {
	Stream interface {
		Send(context.Context) *connect.BidiStreamForClient[emptypb.Empty, emptypb.Empty]
	}
}

func TestNotSimple(t *testing.T) {
	for name, all := range map[string]any{"Unary.Get": &notSimple{}, "Stream.Send": &notSimpleStream{}} {
		_, err := clientsOf("roster.New", all, &recorder{})
		if err == nil || !strings.HasPrefix(err.Error(), name+": ") || !strings.Contains(err.Error(), "the option simple") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
