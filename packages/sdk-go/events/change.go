package events

import (
	"bytes"
	"encoding/json"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"

	eventsv1 "github.com/ameideio/ameide-core-proto-go/ameide/events/v1"
)

// ChangeFields are those of a change that is made. White space around texts is cut off.
type ChangeFields struct {
	// Seq is the position among the changes of the organization, from 1.
	Seq int64
	// OrganizationID is the organization of the aggregate.
	OrganizationID string
	// AggregateType is the kind of aggregate: "activity".
	AggregateType string
	// AggregateID is the id of the aggregate.
	AggregateID string
	// Operation is what was done to it.
	Operation eventsv1.ChangeOperation
	// ActorType is the kind of actor.
	ActorType eventsv1.ActorType
	// ActorID is who did it. Default: empty, for the system.
	ActorID string
	// AggregateVersion is the version of the aggregate after the change, from 1.
	AggregateVersion int64
	// RecordedAt is when it was recorded. Default: now.
	RecordedAt time.Time
}

// NewChange makes a change of one aggregate.
//
// payload is what [json.Marshal] makes an object of, at most 30 deep: a map[string]any, a struct, a json.RawMessage. It
// is the aggregate after a creation, and what is new after an update. A deletion needs none: nil.
//
// It fails with Nil without a payload, unless it is a deletion, Missing if a field is empty, Invalid if the payload is no
// object or a number is below 1, or TooLarge.
func NewChange(fields ChangeFields, payload any, options ...MakeOption) (*eventsv1.Change, error) {
	change := &eventsv1.Change{
		Seq:              fields.Seq,
		OrganizationId:   trimmed(fields.OrganizationID),
		AggregateType:    trimmed(fields.AggregateType),
		AggregateId:      trimmed(fields.AggregateID),
		Operation:        fields.Operation,
		ActorType:        fields.ActorType,
		ActorId:          trimmed(fields.ActorID),
		AggregateVersion: fields.AggregateVersion,
	}
	if err := checkChange(change); err != nil {
		return nil, err
	}
	var err error
	if change.RecordedAt, err = eventSourceOf(options).timestamp("recorded_at", fields.RecordedAt); err != nil {
		return nil, err
	}
	change.Payload, err = objectOf("payload", payload)
	if err != nil {
		return nil, err
	}
	if change.Payload == nil && change.Operation != eventsv1.ChangeOperation_CHANGE_OPERATION_DELETE {
		return nil, newError(Nil, "payload", "is not given", nil)
	}
	return change, nil
}

func checkChange(change *eventsv1.Change) error {
	if err := checkCount("seq", change.Seq); err != nil {
		return err
	}
	for _, text := range []struct{ field, value string }{
		{"organization_id", change.OrganizationId},
		{"aggregate_type", change.AggregateType},
		{"aggregate_id", change.AggregateId},
	} {
		if _, err := required(text.field, text.value); err != nil {
			return err
		}
	}
	for _, stated := range []struct {
		field string
		value protoreflect.Enum
	}{{"operation", change.Operation}, {"actor_type", change.ActorType}} {
		if stated.value.Number() == 0 {
			return newError(Missing, stated.field, "must be stated", nil)
		}
		if stated.value.Descriptor().Values().ByNumber(stated.value.Number()) == nil {
			return newError(Invalid, stated.field, "is no value of its enum", nil)
		}
	}
	if err := checkText("actor_id", change.ActorId); err != nil {
		return err
	}
	return checkCount("aggregate_version", change.AggregateVersion)
}

func checkCount(field string, value int64) error {
	switch {
	case value == 0:
		return newError(Missing, field, "must be from 1", nil)
	case value < 0:
		return newError(Invalid, field, "must be an integer from 1", nil)
	}
	return nil
}

// objectOf is a JSON object as a Struct; nil where there is none.
func objectOf(field string, value any) (*structpb.Struct, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, newError(Invalid, field, "cannot be JSON: "+cut(err.Error()), err)
	}
	// What is not UTF-8 is replaced by this escape, and U+FFFD itself is none.
	if _, isJSON := value.(json.RawMessage); !isJSON && bytes.Contains(text, []byte(`\ufffd`)) {
		return nil, newError(Invalid, field, "has a text that is not UTF-8", nil)
	}
	if bytes.Equal(text, []byte("null")) {
		return nil, nil
	}
	if text[0] != '{' {
		return nil, newError(Invalid, field, "must be a JSON object", nil)
	}
	if depthOf(text) > maxDataDepth {
		return nil, tooDeep(field)
	}
	object := &structpb.Struct{}
	if err := protojson.Unmarshal(text, object); err != nil {
		return nil, newError(Invalid, field, "must be a JSON object", err)
	}
	return object, nil
}
