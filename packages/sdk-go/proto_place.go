package ameide

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Numbers of FileDescriptorProto, ServiceDescriptorProto and MethodDescriptorProto.
const (
	serviceNumber        = 6
	methodNumber         = 2
	serviceOptionsNumber = 3
	methodOptionsNumber  = 4
)

// placeOf is where an option of a method or of its service stands, acme/v1/billing.proto:12. Empty where the descriptor
// does not know: those made of an image carry source info (SourceCodeInfo of descriptor.proto), generated code does
// not.
func placeOf(desc protoreflect.MethodDescriptor, ofMethod bool, option protowire.Number) string {
	if desc == nil {
		return ""
	}
	file := desc.ParentFile()
	path := protoreflect.SourcePath{serviceNumber, int32(desc.Parent().Index())}
	if ofMethod {
		path = append(path, methodNumber, int32(desc.Index()), methodOptionsNumber, int32(option))
	} else {
		path = append(path, serviceOptionsNumber, int32(option))
	}
	locations := file.SourceLocations()
	for i := range locations.Len() {
		// An option of several parts stands once for each, under a longer path.
		location := locations.Get(i)
		if len(location.Path) >= len(path) && slices.Equal(location.Path[:len(path)], path) {
			return fmt.Sprintf("%s:%d", file.Path(), location.StartLine+1)
		}
	}
	return ""
}
