// Package coreproto holds what the stubs below it are generated from: the
// descriptor image and the fixtures.
package coreproto

import (
	"embed"
	"encoding/json"
	"fmt"
)

//go:embed data
var data embed.FS

// A Fixture is a message as canonical JSON, with the field names of the proto.
type Fixture struct {
	// Name is package path and name: "acme/v1/invoice.paid".
	Name string `json:"name"`
	// Type is the full name of the message: "acme.v1.Invoice".
	Type string `json:"type"`
	// JSON is the message.
	JSON []byte `json:"-"`
}

// Image returns the descriptors of every proto, imports and comments included:
// a serialized google.protobuf.FileDescriptorSet, the same bytes for the same
// protos.
func Image() []byte {
	return mustRead("data/image.binpb")
}

// Fixtures returns every fixture, sorted by name.
func Fixtures() []Fixture {
	var fixtures []Fixture
	if err := json.Unmarshal(mustRead("data/fixtures/index.json"), &fixtures); err != nil {
		panic(fmt.Sprintf("coreproto: index of the fixtures: %v", err))
	}
	for i := range fixtures {
		fixtures[i].JSON = mustRead("data/fixtures/" + fixtures[i].Name + ".json")
	}
	return fixtures
}

// mustRead reads an embedded file. The tests read every one of them.
func mustRead(name string) []byte {
	content, err := data.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("coreproto: %v", err))
	}
	return content
}
