package events

import (
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// The Buf module of the Ameide APIs.
const ourModule = "buf.build/ameideio/ameide"

// dataSchemaOf names the schema of a message: its module, then its full name, as a type URL
// (google/protobuf/any.proto), which the protobuf format of CloudEvents asks for. Without a module it is that of the
// Ameide APIs for their messages; for others the type URL says no more than the message's name.
func dataSchemaOf(message proto.Message, module string) string {
	name := string(message.ProtoReflect().Descriptor().FullName())
	isOurs := strings.HasPrefix(name, "ameide.") || strings.HasPrefix(name, "beamline.")
	switch {
	case module != "":
		return "https://" + module + "/" + name
	case isOurs:
		return "https://" + ourModule + "/" + name
	default:
		return "type.googleapis.com/" + name
	}
}

// messageNamed is the full name of the message that a type URL or a schema of ours names.
func messageNamed(url string) protoreflect.FullName {
	return protoreflect.FullName(url[strings.LastIndexByte(url, '/')+1:])
}
