// Command go is the inspector of the Go SDK: it looks at the client of all services, and at the descriptors of the
// stubs that are linked, and prints an ameide.manifest.v1.Inspection as protobuf JSON.
//
// Its other files are linked with a main of their own to look at a roster of somebody else.
package main

import (
	"github.com/ameideio/ameide-sdk-go"
	"github.com/ameideio/ameide-sdk-go/client"
)

func main() {
	inspect("client.New", func(transport *ameide.Transport) any { return client.Over(transport) })
}
