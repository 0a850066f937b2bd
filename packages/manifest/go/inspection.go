package main

import (
	"encoding/json"
	"fmt"
	"os"

	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/ameideio/ameide-sdk-go"
)

// An inspection is an ameide.manifest.v1.Inspection. It is no stub of that, so that nothing is linked but what is looked
// at.
type inspection struct {
	SDK         string          `json:"sdk"`
	Clients     []serviceClient `json:"clients"`
	Descriptors []byte          `json:"descriptors"`
}

// A serviceClient is an ameide.manifest.v1.Client.
type serviceClient struct {
	Entry   string         `json:"entry"`
	Name    string         `json:"name"`
	Methods []clientMethod `json:"methods"`
}

// A clientMethod is an ameide.manifest.v1.ClientMethod.
type clientMethod struct {
	Name        string `json:"name"`
	Kind        string `json:"kind,omitempty"`
	Input       string `json:"input,omitempty"`
	Output      string `json:"output,omitempty"`
	Procedure   string `json:"procedure,omitempty"`
	Idempotency string `json:"idempotency,omitempty"`
}

// inspect prints what it sees of a client of all services, and of the stubs that are linked, and ends the process where
// it cannot.
func inspect(entry string, over func(*ameide.Transport) any) {
	if err := printInspection(entry, over); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func printInspection(entry string, over func(*ameide.Transport) any) error {
	calls := &recorder{}
	transport, err := newTransport(calls)
	if err != nil {
		return err
	}
	defer transport.Close()
	clients, err := clientsOf(entry, over(transport), calls)
	if err != nil {
		return err
	}
	descriptors, err := descriptorsOf(protoregistry.GlobalFiles)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(inspection{SDK: "go", Clients: clients, Descriptors: descriptors})
}

// newTransport makes a transport whose calls end in a recorder.
func newTransport(calls *recorder) (*ameide.Transport, error) {
	return ameide.NewTransport(
		"http://127.0.0.1:9", // Nothing is sent.
		ameide.AllowInsecureLoopback(),
		ameide.WithProtocol(ameide.ProtocolGRPC), // Connect has no bidirectional streams over HTTP/1.1.
		ameide.WithTenant("inspector"),
		ameide.WithInterceptors(calls),
	)
}
