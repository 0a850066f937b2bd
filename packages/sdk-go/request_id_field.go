package ameide

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/ameideio/ameide-sdk-go/internal/nearest"
	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// findRequestIDField finds the field of a request that names it (AIP-155), by its proto name, or says what is wrong
// with the name.
//
// byProto says that the method itself names it. Then it has to have the format UUID4 (AIP-4235); a document speaks for
// protos that do not state formats.
func findRequestIDField(m *method, name string, byProto bool) (field protoreflect.FieldDescriptor, problem string) {
	if m.kind == policy.ClientStreaming || m.kind == policy.BidiStreaming {
		return nil, fmt.Sprintf("is not for %s, which streams its requests", m.local)
	}
	shown := policy.JSON(name[:min(len(name), 128)])
	if m.desc == nil {
		return nil, fmt.Sprintf("%s cannot be found: %s has no descriptor", shown, m.name)
	}
	input := m.desc.Input()
	field = input.Fields().ByName(protoreflect.Name(name))
	if field == nil {
		hint := ""
		if near := nearest.Of(name, namesOf(input.Fields())); near != "" {
			hint = fmt.Sprintf("; did you mean %s?", near)
		}
		return nil, fmt.Sprintf("%s is no field of %s%s", shown, input.FullName(), hint)
	}
	// What is optional is a oneof of its own.
	if field.Kind() != protoreflect.StringKind || field.IsList() || realOneof(field) {
		return nil, fmt.Sprintf("%s of %s must be one string, outside of any oneof", shown, input.FullName())
	}
	format := formatOf(field)
	if unstated := !byProto && format == 0; format != uuid4 && !unstated {
		const wanted = "(google.api.field_info).format = UUID4"
		return nil, fmt.Sprintf("%s of %s must have %s", shown, input.FullName(), wanted)
	}
	return field, ""
}

func namesOf(fields protoreflect.FieldDescriptors) []string {
	names := make([]string, fields.Len())
	for i := range names {
		names[i] = string(fields.Get(i).Name())
	}
	return names
}

func realOneof(field protoreflect.FieldDescriptor) bool {
	oneof := field.ContainingOneof()
	return oneof != nil && !oneof.IsSynthetic()
}

const (
	fieldInfo = 291403980
	format    = 1
	uuid4     = 1
)

// (google.api.field_info).format, by its number.
func formatOf(field protoreflect.FieldDescriptor) int32 {
	var found int32
	for _, info := range rawOptionsOf(field).texts(fieldInfo) {
		for rest := []byte(info); len(rest) > 0; {
			number, wireType, size := protowire.ConsumeTag(rest)
			if size < 0 {
				return found
			}
			rest = rest[size:]
			if number == format && wireType == protowire.VarintType {
				value, _ := protowire.ConsumeVarint(rest)
				found = int32(value)
			}
			if size = protowire.ConsumeFieldValue(number, wireType, rest); size < 0 {
				return found
			}
			rest = rest[size:]
		}
	}
	return found
}
