package main

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

// descriptorsOf is a serialized google.protobuf.FileDescriptorSet of all registered files.
func descriptorsOf(files *protoregistry.Files) ([]byte, error) {
	set := &descriptorpb.FileDescriptorSet{}
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		set.File = append(set.File, protodesc.ToFileDescriptorProto(file))
		return true
	})
	return proto.Marshal(set)
}
