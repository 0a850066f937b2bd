package ameide

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// An unknownPart is a name or a word that a message type does not know.
type unknownPart struct {
	// Where it stands: default.hedging.
	path, name string
	// What is known in its place.
	known []string
	// What it is instead, where it is known and cannot be used.
	why string
}

// A jsonReader reads a JSON part by part, so that all that is wrong is found at once. Paths are those of the JSON.
type jsonReader struct {
	unknown []unknownPart
	wrong   []fault
}

// readJSON reads what of a JSON can be read as a message, without what is unknown or wrong.
func (r *jsonReader) readJSON(schema protoreflect.MessageDescriptor, text []byte) *dynamicpb.Message {
	message := dynamicpb.NewMessage(schema)
	if !json.Valid(text) {
		r.wrong = append(r.wrong, configFault("", "must be JSON"))
		return message
	}
	r.object(message, bytes.TrimSpace(text), "")
	return message
}

func (r *jsonReader) object(into protoreflect.Message, text []byte, path string) {
	if text[0] != '{' {
		r.wrong = append(r.wrong, configFault(path, "must be an object", jsonValue(text)))
		return
	}
	fields := into.Descriptor().Fields()
	for _, member := range membersOf(text) {
		field := fields.ByJSONName(member.name)
		if field == nil {
			field = fields.ByName(protoreflect.Name(member.name))
		}
		at := memberOf(path, member.name)
		switch {
		case field == nil:
			r.unknown = append(r.unknown, unknownPart{path: at, name: member.name, known: jsonNamesOf(fields)})
		case string(member.text) != "null":
			r.member(into, field, member.text, at)
		}
	}
}

func (r *jsonReader) member(
	into protoreflect.Message, field protoreflect.FieldDescriptor, text []byte, path string,
) {
	isMessage := field.Kind() == protoreflect.MessageKind
	if isMessage && !field.IsList() {
		r.object(into.Mutable(field).Message(), text, path)
		return
	}
	if isMessage && text[0] == '[' {
		list := into.Mutable(field).List()
		for i, each := range elementsOf(text) {
			r.object(list.AppendMutable().Message(), each, fmt.Sprintf("%s[%d]", path, i))
		}
		return
	}
	if field.Kind() == protoreflect.EnumKind && text[0] == '"' {
		word, _ := jsonValue(text).(string)
		if words := wordsOf(field.Enum()); !slices.Contains(words, word) {
			r.unknown = append(r.unknown, unknownPart{path: path, name: word, known: words})
			return
		}
	}
	one := dynamicpb.NewMessage(into.Descriptor())
	if err := protojson.Unmarshal(fmt.Appendf(nil, `{%q:%s}`, field.JSONName(), text), one); err == nil {
		into.Clear(field)
		if one.Has(field) {
			into.Set(field, one.Get(field))
		}
		return
	}
	told := configFault
	if strings.HasSuffix(field.JSONName(), "Ms") {
		told = func(option, rule string, value ...any) fault { return durationFault(option, rule, value[0]) }
	}
	r.wrong = append(r.wrong, told(path, "must be "+fieldIs(field), jsonValue(text)))
}

func fieldIs(field protoreflect.FieldDescriptor) string {
	switch {
	case field.Kind() == protoreflect.EnumKind:
		return "one of " + strings.Join(wordsOf(field.Enum()), ", ")
	case field.IsList() && field.Kind() == protoreflect.MessageKind:
		return "an array of objects"
	case field.IsList():
		return "an array of strings"
	case field.Kind() == protoreflect.BoolKind:
		return "true or false"
	case field.Kind() == protoreflect.StringKind:
		return "a string"
	}
	return "an integer"
}

func wordsOf(enum protoreflect.EnumDescriptor) []string {
	words := make([]string, enum.Values().Len())
	for i := range words {
		words[i] = string(enum.Values().Get(i).Name())
	}
	return words
}

func jsonNamesOf(fields protoreflect.FieldDescriptors) []string {
	names := make([]string, fields.Len())
	for i := range names {
		names[i] = fields.Get(i).JSONName()
	}
	return names
}

// A jsonMember is a member of an object, its value as it is written.
type jsonMember struct {
	name string
	text json.RawMessage
}

// Members in their order; of two of one name the last one holds.
func membersOf(text []byte) []jsonMember {
	var members []jsonMember
	places := map[string]int{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	_, _ = decoder.Token()
	for decoder.More() {
		name, _ := decoder.Token()
		member := jsonMember{name: fmt.Sprint(name)}
		if decoder.Decode(&member.text) != nil {
			return members
		}
		if at, found := places[member.name]; found {
			members[at] = member
		} else {
			places[member.name] = len(members)
			members = append(members, member)
		}
	}
	return members
}

func elementsOf(text []byte) []json.RawMessage {
	var elements []json.RawMessage
	_ = json.Unmarshal(text, &elements)
	return elements
}

// jsonValue is a value that is told, or its class.
func jsonValue(text []byte) any {
	var value any
	if json.Unmarshal(text, &value) == nil {
		return value
	}
	// A number beyond all floats.
	if text[0] == '-' {
		return math.Inf(-1)
	}
	return math.Inf(1)
}

// Names of a peer's making are shown no longer than this.
const maxName = 64

var plainName = regexp.MustCompile(`^\w+$`)

// memberOf is the path of a member.
func memberOf(path, name string) string {
	shown := name
	if !plainName.MatchString(name) || len(name) > maxName {
		shown = policy.JSON(name[:min(len(name), maxName)])
	}
	if path == "" {
		return shown
	}
	return path + "." + shown
}
