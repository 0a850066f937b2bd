package events

import (
	"bytes"
	"encoding/json"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// A Resolver finds the messages inside of a google.protobuf.Any.
type Resolver interface {
	protoregistry.MessageTypeResolver
	protoregistry.ExtensionTypeResolver
}

// A CodecOption is one of reading and writing texts.
type CodecOption func(*codec)

type codec struct {
	maxBytes int
	resolver Resolver
}

// WithMaxBytes sets how many bytes are read at most. Default: 1 048 576.
func WithMaxBytes(most int) CodecOption {
	return func(c *codec) { c.maxBytes = most }
}

// WithResolver sets where messages inside of a google.protobuf.Any are looked up. Default: among all that are linked.
func WithResolver(resolver Resolver) CodecOption {
	return func(c *codec) { c.resolver = resolver }
}

func codecOf(options []CodecOption) *codec {
	c := &codec{maxBytes: maxBytes, resolver: protoregistry.GlobalTypes}
	for _, option := range options {
		option(c)
	}
	return c
}

// ToProtoJSON encodes a message as ProtoJSON, with the field names of the proto (tenant_id) and without white space.
//
// It fails with Nil, or with Invalid where a message in it is not known, or has no JSON.
func ToProtoJSON(message proto.Message, options ...CodecOption) ([]byte, error) {
	if isNil(message) {
		return nil, newError(Nil, "message", "is not given", nil)
	}
	resolver := codecOf(options).resolver
	encoded, err := protojson.MarshalOptions{UseProtoNames: true, Resolver: resolver}.Marshal(message)
	if err != nil {
		return nil, newError(Invalid, "message", "cannot be JSON: "+told(err), err)
	}
	// White space differs from one build to the next, on purpose.
	var compact bytes.Buffer
	if err := json.Compact(&compact, encoded); err != nil {
		return nil, newError(Invalid, "message", "cannot be JSON", err)
	}
	return compact.Bytes(), nil
}

// FromProtoJSON decodes ProtoJSON into a message, strictly: a field that is not in the proto is refused, and one that is
// there twice. Names may be those of the proto, or lowerCamelCase. What was in the message is replaced.
//
// It fails with Nil, TooLarge or Invalid.
func FromProtoJSON(text []byte, message proto.Message, options ...CodecOption) error {
	if isNil(message) {
		return newError(Nil, "message", "is not given", nil)
	}
	c := codecOf(options)
	if err := checkJSON("text", text, c.maxBytes); err != nil {
		return err
	}
	return c.decode("text", text, message, protojson.UnmarshalOptions{})
}

// decode decodes JSON that was checked.
func (c *codec) decode(field string, text []byte, message proto.Message, options protojson.UnmarshalOptions) error {
	options.Resolver = c.resolver
	if err := options.Unmarshal(text, message); err != nil {
		name := string(message.ProtoReflect().Descriptor().FullName())
		return newError(Invalid, field, "is no "+name+": "+told(err), err)
	}
	return nil
}

func isNil(message proto.Message) bool {
	return message == nil || !message.ProtoReflect().IsValid()
}

// Messages of what a text holds may be as long as it.
func cut(text string) string {
	const most = 256
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// told is what an error of protojson says, and what helps where it does not know a message.
func told(err error) string {
	text := err.Error()
	if strings.Contains(text, "unable to resolve") {
		return cut(text) + "; import the package of the message, or give it by WithResolver"
	}
	return cut(text)
}
