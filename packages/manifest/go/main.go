// Command go is the inspector of the Go SDK: it looks at the client of all services, and at the descriptors of the
// stubs that are linked, and prints an ameide.manifest.v1.Inspection as protobuf JSON.
package main

import (
	"fmt"
	"os"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoregistry"

	manifestv1 "github.com/ameideio/ameide-conformance-proto-go/ameide/manifest/v1"
	"github.com/ameideio/ameide-sdk-go"
	"github.com/ameideio/ameide-sdk-go/client"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	calls := &recorder{}
	transport, err := newTransport(calls)
	if err != nil {
		return err
	}
	defer transport.Close()
	clients, err := clientsOf("client.New", client.Over(transport), calls)
	if err != nil {
		return err
	}
	descriptors, err := descriptorsOf(protoregistry.GlobalFiles)
	if err != nil {
		return err
	}
	printed, err := protojson.Marshal(&manifestv1.Inspection{Sdk: "go", Clients: clients, Descriptors: descriptors})
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(printed)
	return err
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
