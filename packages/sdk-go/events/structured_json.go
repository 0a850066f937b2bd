package events

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"

	"google.golang.org/protobuf/encoding/protojson"

	eventsv1 "github.com/ameideio/ameide-core-proto-go/ameide/events/v1"
)

// The members of the JSON format that are fields of the message, or its data.
var structuredFields = append([]string{"data_base64"}, takenNames...)

var anyExtensionName = regexp.MustCompile(`^[a-z0-9]+$`)

// An object of JSON whose members are not read yet.
type object map[string]json.RawMessage

// ReadCloudEvent reads an event as any system may have written it: in the JSON format of CloudEvents 1.0
// (application/cloudevents+json), or as ProtoJSON of ours.
//
// Of the JSON format, extensions are kept as texts, tenantid becomes the tenant. data becomes the message that
// dataschema or its @type names, if that is known; else a google.protobuf.Value, a StringValue if its content type is not
// JSON, a BytesValue of data_base64. Bytes of protobuf that dataschema names are decoded where they are unpacked.
//
// It fails with Nil, TooLarge over 1 048 576 bytes or 32 levels, Unsupported for another version, Missing if version, id,
// source or type is not there, Mismatch if the data is not what dataschema names, or Invalid.
func ReadCloudEvent(text []byte, options ...CodecOption) (*eventsv1.CloudEvent, error) {
	c := codecOf(options)
	if err := checkJSON("event", text, c.maxBytes); err != nil {
		return nil, err
	}
	var members object
	if err := json.Unmarshal(text, &members); err != nil || members == nil {
		return nil, newError(Invalid, "event", "must be a JSON object", err)
	}
	if members["specversion"] == nil && (members["spec_version"] != nil || members["specVersion"] != nil) {
		return c.readOurs(text, members)
	}
	return c.readStructured(members)
}

func (c *codec) readOurs(text []byte, members object) (*eventsv1.CloudEvent, error) {
	if err := members.checkTyped(); err != nil {
		return nil, err
	}
	event := &eventsv1.CloudEvent{}
	if err := c.decode("event", text, event, protojson.UnmarshalOptions{DiscardUnknown: true}); err != nil {
		return nil, err
	}
	normalizeURL(event.Data)
	var err error
	if event.SpecVersion, err = checkVersion(event.SpecVersion); err != nil {
		return nil, err
	}
	for _, attribute := range requiredOf(event) {
		if *attribute.value, err = required(attribute.name, *attribute.value); err != nil {
			return nil, err
		}
	}
	return event, nil
}

func (c *codec) readStructured(members object) (*eventsv1.CloudEvent, error) {
	event := &eventsv1.CloudEvent{}
	version, err := members.text("specversion", "spec_version")
	if err != nil {
		return nil, err
	}
	if event.SpecVersion, err = checkVersion(version); err != nil {
		return nil, err
	}
	for _, attribute := range requiredOf(event) {
		text, err := members.text(attribute.name, attribute.name)
		if err != nil {
			return nil, err
		}
		if *attribute.value, err = required(attribute.name, text); err != nil {
			return nil, err
		}
	}
	if event.Subject, err = members.text("subject", "subject"); err != nil {
		return nil, err
	}
	moment, err := members.text("time", "time")
	if err != nil {
		return nil, err
	}
	if moment != "" {
		if event.Time, err = timestampFromText("time", moment); err != nil {
			return nil, err
		}
	}
	if event.DataContentType, err = members.text("datacontenttype", "datacontenttype"); err != nil {
		return nil, err
	}
	// What the JSON format implies is said, as another format would not (section 3.1.2).
	if event.DataContentType == "" && members["data"] != nil {
		event.DataContentType = "application/json"
	}
	if event.TenantId, err = members.text("tenantid", "tenantid"); err != nil {
		return nil, err
	}
	if event.Data, err = c.dataOf(members); err != nil {
		return nil, err
	}
	if event.Extensions, err = extensionsOf(members); err != nil {
		return nil, err
	}
	return event, nil
}

type attribute struct {
	name  string
	value *string
}

func requiredOf(event *eventsv1.CloudEvent) []attribute {
	return []attribute{{"id", &event.Id}, {"source", &event.Source}, {"type", &event.Type}}
}

func checkVersion(stated string) (string, error) {
	version, err := required("spec_version", stated)
	if err != nil {
		return "", err
	}
	if version != specVersion {
		return "", newError(Unsupported, "spec_version", "must be "+specVersion, nil)
	}
	return version, nil
}

// text is a member that is text, trimmed; empty where it is null or not there.
func (o object) text(name, field string) (string, error) {
	raw := o[name]
	if raw == nil || string(raw) == "null" {
		return "", nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return "", newError(Invalid, field, "must be text", nil)
	}
	return trimmed(text), checkEscapes(field, raw)
}

func extensionsOf(members object) (map[string]string, error) {
	extensions := make(map[string]string)
	for _, name := range slices.Sorted(maps.Keys(members)) {
		raw := members[name]
		if slices.Contains(structuredFields, name) || string(raw) == "null" {
			continue
		}
		shown := string(firstRunes(name, 64))
		if !anyExtensionName.MatchString(name) {
			return nil, newError(Invalid, shown, "has a name that is not of a-z and 0-9 alone", nil)
		}
		if err := checkEscapes(shown, raw); err != nil {
			return nil, err
		}
		text, ok := extensionOf(raw)
		if !ok {
			return nil, newError(Invalid, shown, "must be text, a boolean or an integer", nil)
		}
		extensions[name] = text
	}
	return extensions, nil
}

// extensionOf writes a value in the canonical form of its type, which CloudEvents has for Boolean and Integer.
func extensionOf(raw json.RawMessage) (text string, ok bool) {
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return "", false
	}
	switch value := value.(type) {
	case string:
		return value, true
	case bool:
		return strconv.FormatBool(value), true
	case float64:
		if value == math.Trunc(value) && value >= math.MinInt32 && value <= math.MaxInt32 {
			return fmt.Sprint(int32(value)), true
		}
	}
	return "", false
}

func firstRunes(text string, most int) []rune {
	runes := []rune(text)
	return runes[:min(most, len(runes))]
}
