module github.com/ameideio/ameide-sdk-go/conformance

go 1.26.0

require (
	connectrpc.com/connect v1.21.1
	github.com/ameideio/ameide-conformance-proto-go v0.0.0
	github.com/ameideio/ameide-sdk-go v0.0.0
	google.golang.org/protobuf v1.36.12
)
