package events

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

var (
	protobufType = regexp.MustCompile(`^application/(?:x-|vnd\.google\.)?protobuf$`)
	base64Digits = regexp.MustCompile(`^[A-Za-z0-9+/]*={0,2}$`)
)

// dataOf is the data of an event in the JSON format (section 3.1.2 of the format); nil if there is none.
func (c *codec) dataOf(members object) (*anypb.Any, error) {
	data, encoded := members["data"], members["data_base64"]
	hasBytes := encoded != nil && string(encoded) != "null"
	if hasBytes && data != nil {
		return nil, newError(Invalid, "data", "must not be beside data_base64", nil)
	}
	contentType, err := members.text("datacontenttype", "datacontenttype")
	if err != nil {
		return nil, err
	}
	schema, err := members.text("dataschema", "dataschema")
	if err != nil {
		return nil, err
	}
	mediaType, named := mediaTypeOf(contentType), messageNamed(schema)
	switch {
	case hasBytes:
		return bytesData(members, mediaType, named)
	case data == nil:
		return nil, nil
	case isJSON(mediaType):
		return c.jsonData(data, named)
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil || string(data) == "null" {
		return nil, newError(Invalid, "data", "must be text, as its content type is not JSON", nil)
	}
	if err := checkEscapes("data", data); err != nil {
		return nil, err
	}
	return packed(wrapperspb.String(text))
}

// checkTyped checks that data in ProtoJSON says what it is. It would be taken for empty otherwise.
func (o object) checkTyped() error {
	data := o["data"]
	if data == nil || string(data) == "null" {
		return nil
	}
	if _, ok := typeIn(data); !ok {
		return newError(Invalid, "data", "must have an @type", nil)
	}
	return nil
}

// typeIn is the "@type" of an object; not ok where it has none that is text.
func typeIn(data json.RawMessage) (url string, ok bool) {
	var members object
	// Not into a struct, which takes "@TYPE" too.
	if err := json.Unmarshal(data, &members); err != nil {
		return "", false
	}
	raw := members["@type"]
	return url, len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &url) == nil
}

// normalizeURL makes a type URL what it is where the other SDKs read it. Whoever wrote another host meant the same type.
func normalizeURL(data *anypb.Any) {
	if data.GetTypeUrl() != "" {
		data.TypeUrl = "type.googleapis.com/" + string(messageNamed(data.TypeUrl))
	}
}

func bytesData(members object, mediaType string, named protoreflect.FullName) (*anypb.Any, error) {
	text, err := members.text("data_base64", "data_base64")
	if err != nil {
		return nil, err
	}
	value, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil || !base64Digits.MatchString(text) {
		return nil, newError(Invalid, "data_base64", "is not base64 (RFC 4648, section 4)", err)
	}
	if protobufType.MatchString(mediaType) && named.IsValid() {
		return &anypb.Any{TypeUrl: "type.googleapis.com/" + string(named), Value: value}, nil
	}
	return packed(wrapperspb.Bytes(value))
}

func (c *codec) jsonData(data json.RawMessage, named protoreflect.FullName) (*anypb.Any, error) {
	if depthOf(data) > maxDataDepth {
		return nil, tooDeep("data")
	}
	if err := checkEscapes("data", data); err != nil {
		return nil, err
	}
	var whole any
	if err := json.Unmarshal(data, &whole); err != nil {
		return nil, newError(Invalid, "data", "has a number that is too large", err)
	}
	lenient := protojson.UnmarshalOptions{DiscardUnknown: true}
	// "@type" means something else in JSON-LD.
	if url, ok := typeIn(data); ok {
		if _, err := c.resolver.FindMessageByURL(url); err == nil {
			if _, err := c.resolver.FindMessageByName(named); err == nil && messageNamed(url) != named {
				rule := "has an @type other than " + string(named) + ", which dataschema names"
				return nil, newError(Mismatch, "data", rule, nil)
			}
			packed := &anypb.Any{}
			if err := c.decode("data", data, packed, lenient); err != nil {
				return nil, err
			}
			normalizeURL(packed)
			return packed, nil
		}
	}
	if string(data) != "null" {
		if found, err := c.resolver.FindMessageByName(named); err == nil {
			message := found.New().Interface()
			if err := c.decode("data", data, message, lenient); err != nil {
				return nil, newError(Mismatch, "data", "is no "+string(named)+", which dataschema names", err)
			}
			return packed(message)
		}
	}
	value := &structpb.Value{}
	if err := c.decode("data", data, value, protojson.UnmarshalOptions{}); err != nil {
		return nil, err
	}
	return packed(value)
}

// packed has the same bytes for the same message.
func packed(message proto.Message) (*anypb.Any, error) {
	made := &anypb.Any{}
	if err := anypb.MarshalFrom(made, message, proto.MarshalOptions{Deterministic: true}); err != nil {
		return nil, newError(Invalid, "data", "cannot be encoded", err)
	}
	return made, nil
}

// application/json of "Application/JSON; charset=utf-8".
func mediaTypeOf(stated string) string {
	mediaType, _, _ := strings.Cut(stated, ";")
	return strings.ToLower(trimmed(mediaType))
}

func isJSON(mediaType string) bool {
	return mediaType == "" || strings.HasSuffix(mediaType, "/json") || strings.HasSuffix(mediaType, "+json")
}
