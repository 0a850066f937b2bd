package events

import (
	"google.golang.org/protobuf/proto"

	eventsv1 "github.com/ameideio/ameide-core-proto-go/ameide/events/v1"
	tapv1 "github.com/ameideio/ameide-core-proto-go/ameide/tap/v1"
)

// UnpackChange is the change that an event carries.
//
// It fails with Nil without an event, Missing without data, Mismatch if the data is another message, or Invalid if its
// bytes cannot be decoded.
func UnpackChange(event *eventsv1.CloudEvent) (*eventsv1.Change, error) {
	change := &eventsv1.Change{}
	if err := unpack(event, change); err != nil {
		return nil, err
	}
	return change, nil
}

// UnpackTapData is what an event carries of a provider's system.
//
// It fails as [UnpackChange] does, and with Mismatch if event and data are of two tenants.
func UnpackTapData(event *eventsv1.CloudEvent) (*tapv1.TapEventData, error) {
	data := &tapv1.TapEventData{}
	if err := unpack(event, data); err != nil {
		return nil, err
	}
	if err := checkTenant(data, event.GetTenantId()); err != nil {
		return nil, err
	}
	return data, nil
}

func unpack(event *eventsv1.CloudEvent, message proto.Message) error {
	if event == nil {
		return newError(Nil, "event", "is not given", nil)
	}
	data := event.GetData()
	if data.GetTypeUrl() == "" {
		return newError(Missing, "data", "is not in the event", nil)
	}
	want := message.ProtoReflect().Descriptor().FullName()
	if got := messageNamed(data.GetTypeUrl()); got != want {
		// Whoever sends another message may name it at any length.
		return newError(Mismatch, "data", "is a "+cut(string(got))+", not a "+string(want), nil)
	}
	if err := proto.Unmarshal(data.GetValue(), message); err != nil {
		return newError(Invalid, "data", "is no "+string(want), err)
	}
	return nil
}
