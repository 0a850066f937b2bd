package coreproto_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	coreproto "github.com/ameideio/ameide-core-proto-go"
	eventsv1 "github.com/ameideio/ameide-core-proto-go/ameide/events/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

func TestFixturesAreEncodedAlikeInEveryLanguage(t *testing.T) {
	encodings := readEncodings(t)
	var canonical int
	for _, fixture := range coreproto.Fixtures() {
		t.Run(fixture.Name, func(t *testing.T) {
			encoding := encodings[fixture.Name]
			told := newMessage(t, fixture.Type)
			if err := proto.Unmarshal(encoding.Binary, told); err != nil {
				t.Fatal(err)
			}
			encoded, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(told)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := normalize(t, encoded), normalize(t, fixture.JSON); got != want {
				t.Errorf("decoded as\n%s\nwant\n%s", got, want)
			}
			if !encoding.Canonical {
				return
			}
			canonical++
			stated := newMessage(t, fixture.Type)
			if err := protojson.Unmarshal(fixture.JSON, stated); err != nil {
				t.Fatal(err)
			}
			if got := marshal(t, stated); !bytes.Equal(got, encoding.Binary) {
				t.Errorf("encoded as\n%x\nwant\n%x", got, encoding.Binary)
			}
		})
	}
	if canonical < 50 {
		t.Errorf("%d fixtures have a canonical encoding", canonical)
	}
}

func TestUnknownFieldsSurvive(t *testing.T) {
	encodings := readEncodings(t)
	unknown := protowire.AppendVarint(protowire.AppendTag(nil, 100_000, protowire.VarintType), 7)
	for _, fixture := range coreproto.Fixtures() {
		t.Run(fixture.Name, func(t *testing.T) {
			message := newMessage(t, fixture.Type)
			if err := proto.Unmarshal(append(encodings[fixture.Name].Binary, unknown...), message); err != nil {
				t.Fatal(err)
			}
			if got := marshal(t, message); !bytes.HasSuffix(got, unknown) {
				t.Errorf("encoded as %x, want the unknown field at its end", got)
			}
		})
	}
}

func TestUnknownEnumNumbersSurvive(t *testing.T) {
	const unknown = eventsv1.ChangeOperation(99)
	var change eventsv1.Change
	if err := proto.Unmarshal(marshal(t, &eventsv1.Change{Operation: unknown}), &change); err != nil {
		t.Fatal(err)
	}
	encoded, err := protojson.Marshal(&change)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := normalize(t, encoded), `{"operation":99}`; got != want {
		t.Errorf("encoded as %s, want %s", got, want)
	}
}

type encoding struct {
	Name      string `json:"name"`
	Binary    []byte `json:"binary"`
	Canonical bool   `json:"canonical"`
}

func readEncodings(t *testing.T) map[string]encoding {
	t.Helper()
	content, err := os.ReadFile("../encodings/encodings.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []encoding
	if err := json.Unmarshal(content, &list); err != nil {
		t.Fatal(err)
	}
	byName := make(map[string]encoding, len(list))
	for _, each := range list {
		byName[each.Name] = each
	}
	return byName
}

func marshal(t *testing.T, message proto.Message) []byte {
	t.Helper()
	encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}
