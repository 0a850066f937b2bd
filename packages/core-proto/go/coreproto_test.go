package coreproto_test

import (
	"encoding/json"
	"strings"
	"testing"

	coreproto "github.com/ameideio/ameide-core-proto-go"
	_ "google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

func TestFixturesAreCanonical(t *testing.T) {
	fixtures := coreproto.Fixtures()
	if len(fixtures) == 0 {
		t.Fatal("there are no fixtures")
	}
	for _, fixture := range fixtures {
		t.Run(fixture.Name, func(t *testing.T) {
			message := newMessage(t, fixture.Type)
			if err := protojson.Unmarshal(fixture.JSON, message); err != nil {
				t.Fatal(err)
			}
			encoded, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(message)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := normalize(t, encoded), normalize(t, fixture.JSON); got != want {
				t.Errorf("encoded as\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestUnknownFieldsAreRefused(t *testing.T) {
	for _, fixture := range coreproto.Fixtures() {
		t.Run(fixture.Name, func(t *testing.T) {
			var fields map[string]any
			if err := json.Unmarshal(fixture.JSON, &fields); err != nil {
				t.Fatal(err)
			}
			fields["no_such_field"] = 1
			widened, err := json.Marshal(fields)
			if err != nil {
				t.Fatal(err)
			}
			err = protojson.Unmarshal(widened, newMessage(t, fixture.Type))
			if err == nil || !strings.Contains(err.Error(), "no_such_field") {
				t.Errorf("got %v, want an error that names no_such_field", err)
			}
		})
	}
}

func TestServicesOfTheImageAreRegistered(t *testing.T) {
	var found int
	imageFiles(t).RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			found++
			name := file.Services().Get(i).FullName()
			if _, err := protoregistry.GlobalFiles.FindDescriptorByName(name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		return true
	})
	if found == 0 {
		t.Error("the image has no service")
	}
}

// The stubs of the vendored protos come from their own modules: they must be of
// the same version.
func TestVendoredProtosAreThoseOfTheirModules(t *testing.T) {
	image := imageFiles(t)
	for _, path := range []string{
		"buf/validate/validate.proto",
		"google/rpc/status.proto",
		"google/api/field_info.proto",
	} {
		t.Run(path, func(t *testing.T) {
			vendored, err := image.FindFileByPath(path)
			if err != nil {
				t.Fatal(err)
			}
			published, err := protoregistry.GlobalFiles.FindFileByPath(path)
			if err != nil {
				t.Fatal(err)
			}
			if !proto.Equal(withoutOptions(vendored), withoutOptions(published)) {
				t.Error("the vendored file and the published stubs differ")
			}
		})
	}
}

// withoutOptions describes a file without its comments and without what managed
// mode may change.
func withoutOptions(file protoreflect.FileDescriptor) *descriptorpb.FileDescriptorProto {
	described := protodesc.ToFileDescriptorProto(file)
	described.SourceCodeInfo = nil
	described.Options = nil
	return described
}

func imageFiles(t *testing.T) *protoregistry.Files {
	t.Helper()
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(coreproto.Image(), &set); err != nil {
		t.Fatal(err)
	}
	files, err := protodesc.NewFiles(&set)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func newMessage(t *testing.T, name string) proto.Message {
	t.Helper()
	messageType, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(name))
	if err != nil {
		t.Fatal(err)
	}
	return messageType.New().Interface()
}

// normalize makes two spellings of one JSON value equal: protojson varies its
// white space on purpose.
func normalize(t *testing.T, encoded []byte) string {
	t.Helper()
	var value any
	if err := json.Unmarshal(encoded, &value); err != nil {
		t.Fatal(err)
	}
	normalized, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(normalized)
}
