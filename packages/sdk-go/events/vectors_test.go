package events_test

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/ameideio/ameide-sdk-go/events"
)

// A vector is what a function is given, and its answer or error, by the members that its kind has.
type vector struct {
	Name  string
	Error *fault

	Data       json.RawMessage
	Attributes struct {
		Source, Type, ID, Subject, Module string

		Time            time.Time
		DataContentType string `json:"data_content_type"`
		TenantID        string `json:"tenant_id"`
		Extensions      map[string]string
	}
	Event json.RawMessage

	Fields  json.RawMessage
	Payload json.RawMessage
	Change  json.RawMessage

	JSON   json.RawMessage
	Text   *string
	Repeat []any
	Length int

	Of      string
	TypeURL string `json:"type_url"`
	Value   []byte
	Message json.RawMessage

	Keys []string
}

type fault struct{ Code, Field string }

type vectors struct {
	Now              time.Time
	ID               string
	CreateCloudEvent []vector `json:"create_cloud_event"`
	CreateChange     []vector `json:"create_change"`
	ReadCloudEvent   []vector `json:"read_cloud_event"`
	Unpack           []vector
	FromProtoJSON    []vector `json:"from_proto_json"`
	FeatureFlags     struct {
		Snapshots []vector
		States    []struct {
			Enabled        bool
			RolloutPercent int32 `json:"rollout_percent"`
			On             bool
		}
		Buckets []struct {
			Key, Subject string
			Bucket       int
		}
		Spread struct {
			Key string
			On  []struct {
				Percent int32
				On      int
			}
		}
	} `json:"feature_flags"`
}

func readVectors(t *testing.T) vectors {
	t.Helper()
	text, err := os.ReadFile("../../conformance/vectors/events.json")
	if err != nil {
		t.Fatal(err)
	}
	var read vectors
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// text is the text of a vector; nil where it has none.
func (v *vector) text() []byte {
	if len(v.Repeat) == 4 {
		return []byte(v.Repeat[0].(string) + strings.Repeat(v.Repeat[1].(string), int(v.Repeat[2].(float64))) + v.Repeat[3].(string))
	}
	if v.Text != nil {
		return []byte(*v.Text)
	}
	return v.JSON
}

// expect compares an answer with that of a vector.
func (v *vector) expect(t *testing.T, got proto.Message, err error, want json.RawMessage) {
	t.Helper()
	if v.Error != nil {
		expectFault(t, err, *v.Error)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := events.ToProtoJSON(got)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := parsed(t, encoded), parsed(t, want); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

// Longer messages would repeat what anybody may have sent.
const mostBytes = 600

func expectFault(t *testing.T, err error, want fault) {
	t.Helper()
	var failed *events.Error
	if !errors.As(err, &failed) {
		t.Fatalf("got %v, want %v", err, want)
	}
	if got := (fault{string(failed.Code), failed.Field}); got != want {
		t.Errorf("got %v (%v), want %v", got, err, want)
	}
	if !errors.Is(err, failed.Code) || len(err.Error()) > mostBytes {
		t.Errorf("%T says %.700s", err, err)
	}
}

func parsed(t *testing.T, text []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func decode(t *testing.T, text []byte, message proto.Message) {
	t.Helper()
	if err := protojson.Unmarshal(text, message); err != nil {
		t.Fatal(err)
	}
}

func (v *vector) attributes() events.Attributes {
	given := v.Attributes
	return events.Attributes{
		Source:          given.Source,
		Type:            given.Type,
		ID:              given.ID,
		Subject:         given.Subject,
		Time:            given.Time,
		DataContentType: given.DataContentType,
		TenantID:        given.TenantID,
		Module:          given.Module,
		Extensions:      given.Extensions,
	}
}
