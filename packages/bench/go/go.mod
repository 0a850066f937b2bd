module github.com/ameideio/ameide/packages/bench/go

go 1.26.0

require (
	connectrpc.com/connect v1.21.1
	github.com/ameideio/ameide-core-proto-go v0.0.0
	github.com/ameideio/ameide-sdk-go v0.0.0
	google.golang.org/grpc v1.84.0
	google.golang.org/protobuf v1.36.12
)
