package coreproto_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// No enum has this value.
const newValue = 9999

func TestANewerMessageIsTheSameAfterAnOlderReader(t *testing.T) {
	var read int
	imageFiles(t).RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if name := string(file.Package()); strings.HasPrefix(name, "ameide.") || strings.HasPrefix(name, "beamline.") {
			rangeMessages(file.Messages(), func(described protoreflect.MessageDescriptor) {
				read++
				message := newMessage(t, string(described.FullName()))
				sent := newerMessage(described)
				if err := proto.Unmarshal(sent, message); err != nil {
					t.Fatal(err)
				}
				written, err := proto.Marshal(message)
				if err != nil {
					t.Fatal(err)
				}
				// The order of fields is the writer's to choose.
				if got, want := fieldsOf(t, written), fieldsOf(t, sent); !slices.EqualFunc(got, want, bytes.Equal) {
					t.Errorf("%s is written as\n%x\nwant\n%x", described.FullName(), got, want)
				}
			})
		}
		return true
	})
	if read == 0 {
		t.Error("the image has no message")
	}
}

func rangeMessages(messages protoreflect.MessageDescriptors, each func(protoreflect.MessageDescriptor)) {
	for i := range messages.Len() {
		if message := messages.Get(i); !message.IsMapEntry() {
			each(message)
			rangeMessages(message.Messages(), each)
		}
	}
}

// newerMessage encodes a message as a newer module may write it: values of enums
// and fields that this one does not know.
func newerMessage(message protoreflect.MessageDescriptor) []byte {
	var encoded []byte
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		if oneof := field.ContainingOneof(); oneof != nil && oneof.Fields().Get(oneof.Fields().Len()-1) != field {
			continue
		}
		switch {
		case field.IsMap():
		case field.Enum() != nil && field.IsList():
			packed := protowire.AppendVarint(protowire.AppendVarint(nil, newValue), newValue)
			encoded = protowire.AppendTag(encoded, field.Number(), protowire.BytesType)
			encoded = protowire.AppendBytes(encoded, packed)
		case field.Enum() != nil:
			encoded = protowire.AppendTag(encoded, field.Number(), protowire.VarintType)
			encoded = protowire.AppendVarint(encoded, newValue)
		case field.Message() != nil && !strings.HasPrefix(string(field.Message().FullName()), "google."):
			encoded = protowire.AppendTag(encoded, field.Number(), protowire.BytesType)
			encoded = protowire.AppendBytes(encoded, newFields())
		}
	}
	return append(encoded, newFields()...)
}

// newFields encodes a field of each wire type, of numbers that no message has.
func newFields() []byte {
	encoded := protowire.AppendTag(nil, 18995, protowire.VarintType)
	encoded = protowire.AppendVarint(encoded, 1)
	encoded = protowire.AppendTag(encoded, 18996, protowire.Fixed64Type)
	encoded = protowire.AppendFixed64(encoded, 2)
	encoded = protowire.AppendTag(encoded, 18997, protowire.BytesType)
	encoded = protowire.AppendString(encoded, "three")
	encoded = protowire.AppendTag(encoded, 18998, protowire.Fixed32Type)
	return protowire.AppendFixed32(encoded, 4)
}

// fieldsOf splits a message into its encoded fields, sorted.
func fieldsOf(t *testing.T, encoded []byte) [][]byte {
	t.Helper()
	var fields [][]byte
	for len(encoded) > 0 {
		_, _, length := protowire.ConsumeField(encoded)
		if length < 0 {
			t.Fatal(protowire.ParseError(length))
		}
		fields = append(fields, encoded[:length])
		encoded = encoded[length:]
	}
	slices.SortFunc(fields, bytes.Compare)
	return fields
}
