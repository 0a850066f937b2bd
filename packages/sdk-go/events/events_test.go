package events_test

import (
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/structpb"

	agentsv1 "github.com/ameideio/ameide-core-proto-go/ameide/agents/v1"
	eventsv1 "github.com/ameideio/ameide-core-proto-go/ameide/events/v1"
	meterv1 "github.com/ameideio/ameide-core-proto-go/ameide/meter/v1"
	tapv1 "github.com/ameideio/ameide-core-proto-go/ameide/tap/v1"

	"github.com/ameideio/ameide-sdk-go/events"
)

func TestNewCloudEvent(t *testing.T) {
	all := readVectors(t)
	for _, v := range all.CreateCloudEvent {
		t.Run(v.Name, func(t *testing.T) {
			var data proto.Message
			if string(v.Data) != "null" {
				packed := &anypb.Any{}
				decode(t, v.Data, packed)
				unpacked, err := packed.UnmarshalNew()
				if err != nil {
					t.Fatal(err)
				}
				data = unpacked
			}
			made, err := events.NewCloudEvent(data, v.attributes(),
				events.WithClock(func() time.Time { return all.Now }),
				events.WithNewID(func() string { return all.ID }))
			v.expect(t, made, err, v.Event)
		})
	}
}

var attributes = events.Attributes{Source: "/s", Type: "t", TenantID: "acme"}

func TestNewCloudEventMakesUUIDsOfTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made, err := events.NewCloudEvent(&eventsv1.Change{}, attributes)
		if err != nil {
			t.Fatal(err)
		}
		if !made.GetTime().AsTime().Equal(time.Now()) {
			t.Errorf("made at %v", made.GetTime().AsTime())
		}
		// The first bits are the time of the bubble, midnight of 2000-01-01 in milliseconds.
		if !regexp.MustCompile(`^00dc6acf-ac00-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(made.GetId()) {
			t.Errorf("the id is %s", made.GetId())
		}
	})
}

func TestNewCloudEventRefuses(t *testing.T) {
	far := attributes
	far.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	_, err := events.NewCloudEvent(&eventsv1.Change{}, far)
	expectFault(t, err, fault{"invalid", "time"})
	_, err = events.NewCloudEvent((*eventsv1.Change)(nil), attributes)
	expectFault(t, err, fault{"nil", "data"})
	_, err = events.NewCloudEvent(&eventsv1.Change{ActorId: "\xff"}, attributes)
	expectFault(t, err, fault{"invalid", "data"})
}

func TestNewCloudEventRefusesWhatIsNotUTF8(t *testing.T) {
	for field, spoil := range map[string]func(*events.Attributes){
		"id":                func(a *events.Attributes) { a.ID = "\xff" },
		"source":            func(a *events.Attributes) { a.Source = "\xff" },
		"type":              func(a *events.Attributes) { a.Type = "\xff" },
		"subject":           func(a *events.Attributes) { a.Subject = "\xff" },
		"tenant_id":         func(a *events.Attributes) { a.TenantID = "\xff" },
		"module":            func(a *events.Attributes) { a.Module = "\xff" },
		"data_content_type": func(a *events.Attributes) { a.DataContentType = "\xff" },
		"extensions.a":      func(a *events.Attributes) { a.Extensions = map[string]string{"a": "\xff"} },
	} {
		spoiled := attributes
		spoil(&spoiled)
		_, err := events.NewCloudEvent(&eventsv1.Change{}, spoiled)
		expectFault(t, err, fault{"invalid", field})
	}
}

func TestNewChange(t *testing.T) {
	all := readVectors(t)
	for _, v := range all.CreateChange {
		t.Run(v.Name, func(t *testing.T) {
			given := &eventsv1.Change{}
			decode(t, v.Fields, given)
			fields := events.ChangeFields{
				Seq:              given.GetSeq(),
				OrganizationID:   given.GetOrganizationId(),
				AggregateType:    given.GetAggregateType(),
				AggregateID:      given.GetAggregateId(),
				Operation:        given.GetOperation(),
				ActorType:        given.GetActorType(),
				ActorID:          given.GetActorId(),
				AggregateVersion: given.GetAggregateVersion(),
			}
			if given.GetRecordedAt() != nil {
				fields.RecordedAt = given.GetRecordedAt().AsTime()
			}
			var payload any
			if v.Payload != nil {
				payload = parsed(t, v.Payload)
			}
			made, err := events.NewChange(fields, payload, events.WithClock(func() time.Time { return all.Now }))
			v.expect(t, made, err, v.Change)
		})
	}
}

var fields = events.ChangeFields{
	Seq:              1,
	OrganizationID:   "acme",
	AggregateType:    "activity",
	AggregateID:      "a-1",
	Operation:        eventsv1.ChangeOperation_CHANGE_OPERATION_UPDATE,
	ActorType:        eventsv1.ActorType_ACTOR_TYPE_SYSTEM,
	AggregateVersion: 1,
}

func TestNewChangeRefusesPayloads(t *testing.T) {
	circle := map[string]any{}
	circle["self"] = circle
	for name, payload := range map[string]any{
		"bytes":            []byte("{}"),
		"a function":       func() {},
		"no number":        map[string]any{"a": math.NaN()},
		"an endless one":   map[string]any{"a": math.Inf(1)},
		"a circle":         circle,
		"a moment":         time.Now(),
		"text that is no":  json.RawMessage(`{"a":`),
		"no UTF-8":         map[string]any{"a": []string{"\xff"}},
		"half a surrogate": json.RawMessage(`{"a":"\ud800"}`),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := events.NewChange(fields, payload)
			expectFault(t, err, fault{"invalid", "payload"})
		})
	}
	broken := fields
	broken.ActorID = "\xff"
	_, err := events.NewChange(broken, map[string]any{})
	expectFault(t, err, fault{"invalid", "actor_id"})
	_, err = events.NewChange(fields, map[string]any(nil))
	expectFault(t, err, fault{"nil", "payload"})
}

func TestNewChangeTakesWhateverIsAnObject(t *testing.T) {
	type activity struct {
		Outcome string `json:"outcome"`
	}
	object, err := structpb.NewStruct(map[string]any{"outcome": "replied"})
	if err != nil {
		t.Fatal(err)
	}
	for _, payload := range []any{activity{"replied"}, &activity{"replied"}, json.RawMessage(`{"outcome":"replied"}`), object} {
		made, err := events.NewChange(fields, payload)
		if err != nil {
			t.Fatal(err)
		}
		if got := made.GetPayload().AsMap()["outcome"]; got != "replied" {
			t.Errorf("%T became %v", payload, made.GetPayload())
		}
	}
}

func TestReadCloudEvent(t *testing.T) {
	for _, v := range readVectors(t).ReadCloudEvent {
		t.Run(v.Name, func(t *testing.T) {
			read, err := events.ReadCloudEvent(v.text())
			if err != nil || v.Length == 0 {
				v.expect(t, read, err, v.Event)
			}
			if err != nil {
				return
			}
			if v.Length > 0 {
				value := &structpb.Value{}
				if err := read.GetData().UnmarshalTo(value); err != nil || len(value.GetStringValue()) != v.Length {
					t.Fatalf("%v, %d characters", err, len(value.GetStringValue()))
				}
				return
			}
			// Whatever is read can be written, and read again.
			written, err := events.ToProtoJSON(read)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := events.ReadCloudEvent(written); err != nil || !proto.Equal(again, read) {
				t.Errorf("%v: %v", err, again)
			}
		})
	}
}

func TestReadCloudEventRefuses(t *testing.T) {
	for name, text := range map[string]string{"bytes that are not UTF-8": "\"\xff\"", "a byte order mark": "\ufeff{}"} {
		t.Run(name, func(t *testing.T) {
			_, err := events.ReadCloudEvent([]byte(text))
			expectFault(t, err, fault{"invalid", "event"})
		})
	}
}

func TestOptionsOfReading(t *testing.T) {
	text := `{"specversion":"1.0","id":"é","source":"/s","type":"t"`
	whole := []byte(text + "}")
	if _, err := events.ReadCloudEvent(whole, events.WithMaxBytes(len(whole))); err != nil {
		t.Error(err)
	}
	_, err := events.ReadCloudEvent(whole, events.WithMaxBytes(len(whole)-1))
	expectFault(t, err, fault{"too_large", "event"})

	named := []byte(text + `,"dataschema":"https://buf.build/acme/usage/ameide.meter.v1.RecordUsageRequest","data":{"team_id":"search"}}`)
	few := &protoregistry.Types{}
	if err := few.RegisterMessage((&structpb.Value{}).ProtoReflect().Type()); err != nil {
		t.Fatal(err)
	}
	for name, options := range map[string][]events.CodecOption{
		"ameide.meter.v1.RecordUsageRequest": nil,
		"google.protobuf.Value":              {events.WithResolver(few)},
	} {
		read, err := events.ReadCloudEvent(named, options...)
		if err != nil || string(read.GetData().MessageName()) != name {
			t.Errorf("%v: %v, want %s", err, read.GetData().MessageName(), name)
		}
	}
}

func TestUnpack(t *testing.T) {
	for _, v := range readVectors(t).Unpack {
		t.Run(v.Of+"/"+v.Name, func(t *testing.T) {
			var event *eventsv1.CloudEvent
			switch {
			case v.Text != nil:
				read, err := events.ReadCloudEvent(v.text())
				if err != nil {
					t.Fatal(err)
				}
				event = read
			case v.TypeURL != "":
				event = &eventsv1.CloudEvent{Data: &anypb.Any{TypeUrl: v.TypeURL, Value: v.Value}}
			case string(v.Event) != "null":
				event = &eventsv1.CloudEvent{}
				decode(t, v.Event, event)
			}
			if v.Of == "change" {
				change, err := events.UnpackChange(event)
				v.expect(t, change, err, v.Message)
				return
			}
			data, err := events.UnpackTapData(event)
			v.expect(t, data, err, v.Message)
		})
	}
	long := &eventsv1.CloudEvent{Data: &anypb.Any{TypeUrl: "type.googleapis.com/" + strings.Repeat("x", 100_000)}}
	_, err := events.UnpackChange(long)
	expectFault(t, err, fault{"mismatch", "data"})
}

func TestFromProtoJSON(t *testing.T) {
	for _, v := range readVectors(t).FromProtoJSON {
		t.Run(v.Of+"/"+v.Name, func(t *testing.T) {
			var read proto.Message = &eventsv1.CloudEvent{}
			switch v.Of {
			case "ameide.agents.v1.WatchCatalogResponse":
				read = &agentsv1.WatchCatalogResponse{}
			case "ameide.events.v1.Change":
				read = &eventsv1.Change{}
			}
			err := events.FromProtoJSON(v.text(), read)
			v.expect(t, read, err, v.Message)
		})
	}
}

func TestProtoJSON(t *testing.T) {
	want := readVectors(t).CreateCloudEvent[0].Event
	read := &eventsv1.CloudEvent{}
	if err := events.FromProtoJSON(want, read); err != nil {
		t.Fatal(err)
	}
	v := vector{}
	v.expect(t, read, nil, want)

	for text, code := range map[string]string{`[]`: "invalid", strings.Repeat("[", 33): "too_large"} {
		expectFault(t, events.FromProtoJSON([]byte(text), read), fault{code, "text"})
	}
	expectFault(t, events.FromProtoJSON(nil, read), fault{"nil", "text"})
	expectFault(t, events.FromProtoJSON([]byte("{}"), nil), fault{"nil", "message"})
	_, err := events.ToProtoJSON((*tapv1.TapEventData)(nil))
	expectFault(t, err, fault{"nil", "message"})

	packed, err := anypb.New(&meterv1.RecordUsageRequest{})
	if err != nil {
		t.Fatal(err)
	}
	event := &eventsv1.CloudEvent{Data: packed}
	if _, err := events.ToProtoJSON(event); err != nil {
		t.Error(err)
	}
	_, err = events.ToProtoJSON(event, events.WithResolver(&protoregistry.Types{}))
	expectFault(t, err, fault{"invalid", "message"})
	if errors.Unwrap(err) == nil {
		t.Error("it has no cause")
	}
	unknown := []byte(`{"data":{"@type":"type.googleapis.com/acme.v1.Order"}}`)
	for _, err := range []error{err, events.FromProtoJSON(unknown, read)} {
		if !strings.HasSuffix(err.Error(), "give it by WithResolver") {
			t.Error(err)
		}
	}
}
