// Package policyimage holds the descriptor of ameide/policy/v1/policy.proto. It links no stub and registers nothing, so
// that a program may link stubs of that proto from wherever it likes.
package policyimage

import _ "embed"

//go:embed policy.binpb
var image string

// Bytes returns that file, without its imports and comments: a serialized google.protobuf.FileDescriptorSet.
func Bytes() []byte {
	return []byte(image)
}
