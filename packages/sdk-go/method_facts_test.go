package ameide

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// aBank is acme.v1.Bank/Transfer, whose request has one field. Options are by number, as a program sees them that does
// not link the proto that declares them.
type aBank struct {
	field        *descriptorpb.FieldDescriptorProto
	ofMethod     []byte
	ofService    []byte
	ofField      []byte
	level        descriptorpb.MethodOptions_IdempotencyLevel
	streamsInput bool
	// Whether its file does not import the proto of our options.
	isForeign  bool
	sourceInfo *descriptorpb.SourceCodeInfo
}

func (b aBank) transfer(t *testing.T) protoreflect.MethodDescriptor {
	t.Helper()
	field := &descriptorpb.FieldDescriptorProto{
		Type:  descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(),
		Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
	}
	if b.field != nil {
		proto.Merge(field, b.field)
	}
	field.Name, field.Number, field.JsonName = proto.String("id"), proto.Int32(1), proto.String("id")
	field.Options = new(descriptorpb.FieldOptions)
	field.Options.ProtoReflect().SetUnknown(b.ofField)
	request := &descriptorpb.DescriptorProto{Name: proto.String("Transfer"), Field: []*descriptorpb.FieldDescriptorProto{field}}
	if field.OneofIndex != nil {
		request.OneofDecl = []*descriptorpb.OneofDescriptorProto{{Name: proto.String("_id")}}
	}
	method := &descriptorpb.MethodDescriptorProto{
		Name: proto.String("Transfer"), InputType: proto.String(".acme.v1.Transfer"), OutputType: proto.String(".acme.v1.Done"),
		Options: &descriptorpb.MethodOptions{}, ClientStreaming: proto.Bool(b.streamsInput),
	}
	if b.level != descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN {
		method.Options.IdempotencyLevel = b.level.Enum()
	}
	method.Options.ProtoReflect().SetUnknown(b.ofMethod)
	service := &descriptorpb.ServiceDescriptorProto{
		Name: proto.String("Bank"), Method: []*descriptorpb.MethodDescriptorProto{method}, Options: new(descriptorpb.ServiceOptions),
	}
	service.Options.ProtoReflect().SetUnknown(b.ofService)
	var imported []string
	if !b.isForeign {
		imported = []string{policySchema().Path()}
	}
	file, err := protodesc.FileOptions{AllowUnresolvable: true}.New(&descriptorpb.FileDescriptorProto{
		Dependency: imported,
		Name:       proto.String("acme/v1/bank.proto"), Package: proto.String("acme.v1"), Syntax: proto.String("proto3"),
		MessageType:    []*descriptorpb.DescriptorProto{request, {Name: proto.String("Done")}},
		Service:        []*descriptorpb.ServiceDescriptorProto{service},
		SourceCodeInfo: b.sourceInfo,
	}, new(protoregistry.Files))
	if err != nil {
		t.Fatal(err)
	}
	return file.Services().Get(0).Methods().Get(0)
}

func number(field protowire.Number, value uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, field, protowire.VarintType), value)
}

func text(field protowire.Number, value string) []byte {
	return protowire.AppendString(protowire.AppendTag(nil, field, protowire.BytesType), value)
}

func named(field string) []byte { return text(factNumber("request_id_field"), field) }

func formatted(value uint64) []byte { return text(fieldInfo, string(number(format, value))) }

func concat(parts ...[]byte) []byte {
	var all []byte
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

func configOf(t *testing.T, options ...Option) *clientConfig {
	t.Helper()
	config, err := derivedConfig(nil, options...)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func derivedConfig(parent *clientConfig, options ...Option) (*clientConfig, error) {
	stated := &clientOptions{}
	if parent == nil {
		stated.baseURL = state("https://api.test")
	}
	for _, option := range options {
		option.applyToClient(stated)
	}
	layers := optionLayers{stated}
	if parent != nil {
		layers = append(layers, parent.layers...)
	}
	return createConfig(layers, configContext{warn: func(string) {}, parent: parent})
}

func TestFactsOfAMethodWinOverThoseOfItsService(t *testing.T) {
	const tenantRequired, tenantForbidden, authNone = 1, 3, 2
	desc := aBank{
		ofService: concat(
			number(factNumber("service_tenant"), tenantRequired), number(factNumber("service_auth"), authNone),
			text(factNumber("service_scopes"), "bank.read"),
		),
		ofMethod: concat(
			number(factNumber("tenant"), tenantForbidden), number(factNumber("idempotency_key"), 1),
			number(factNumber("default_timeout_ms"), 4_000), number(factNumber("long_lived"), 1),
			number(factNumber("wait_for_ready"), 1), protowire.AppendTag(nil, 99, protowire.Fixed32Type), []byte{1, 2, 3, 4},
			named("id"),
		),
		ofField: formatted(uuid4),
		level:   descriptorpb.MethodOptions_IDEMPOTENT,
	}.transfer(t)
	config := configOf(t).forMethod(specOf(desc))
	const ofService, ofMethod = "proto: acme.v1.Bank", "proto: acme.v1.Bank/Transfer"
	for field, want := range map[policy.Field]struct {
		value  any
		source string
	}{
		policy.TenantModeField:       {"forbidden", ofMethod},
		policy.AuthModeField:         {"none", ofService},
		policy.CarriesIdempotencyKey: {true, ofMethod},
		policy.TimeoutMs:             {int64(4_000), ofMethod},
		policy.WaitForReady:          {true, ofMethod},
		policy.LongLived:             {true, ofMethod},
		policy.IdleTimeoutMs:         {nil, ofMethod},
		policy.IdempotencyLevel:      {"idempotent", ofMethod},
		policy.RequestIDField:        {"id", ofMethod},
		policy.MaxAttempts:           {int64(3), "built-in (behavior 1)"},
	} {
		value, source := config.policy.Values.JSON(field), config.policy.Sources[field]
		if value != want.value || source != want.source {
			t.Errorf("%s is %v (%s), not %v (%s)", field, value, source, want.value, want.source)
		}
	}
	if scopes := config.policy.Values.Scopes; len(scopes) != 1 || scopes[0] != "bank.read" {
		t.Errorf("scopes are %q", scopes)
	}
	if config.refusal != nil || config.requestIDField == nil {
		t.Errorf("the request id field is %v, %+v", config.requestIDField, config.refusal)
	}
}

func TestAPlaceIsToldWhereTheDescriptorKnowsIt(t *testing.T) {
	const idempotencyKey = 50813
	location := func(line int32, path ...int32) *descriptorpb.SourceCodeInfo_Location {
		return &descriptorpb.SourceCodeInfo_Location{Path: path, Span: []int32{line, 0, 9}}
	}
	desc := aBank{
		ofMethod:  number(idempotencyKey, 1),
		ofService: text(factNumber("service_scopes"), "bank.read"),
		sourceInfo: &descriptorpb.SourceCodeInfo{Location: []*descriptorpb.SourceCodeInfo_Location{
			location(4, 6, 0, 3, int32(factNumber("service_scopes"))), location(10, 6, 0, 2, 0), location(11, 6, 0, 2, 0, 4, idempotencyKey),
		}},
	}.transfer(t)
	sources := configOf(t).forMethod(specOf(desc)).policy.Sources
	if got := sources[policy.CarriesIdempotencyKey]; got != "proto: acme.v1.Bank/Transfer (acme/v1/bank.proto:12)" {
		t.Error(got)
	}
	if got := sources[policy.Scopes]; got != "proto: acme.v1.Bank (acme/v1/bank.proto:5)" {
		t.Error(got)
	}
	files := new(protoregistry.Files)
	if err := files.RegisterFile(desc.ParentFile()); err != nil {
		t.Fatal(err)
	}
	generated := aBank{ofMethod: number(idempotencyKey, 1)}.transfer(t)
	for name, options := range map[string][]Option{
		"proto: acme.v1.Bank/Transfer":                         nil,
		"proto: acme.v1.Bank/Transfer (acme/v1/bank.proto:12)": {WithDescriptors(files)},
	} {
		config := configOf(t, options...).forMethod(specOf(generated))
		if got := config.policy.Sources[policy.CarriesIdempotencyKey]; got != name {
			t.Errorf("is %s, not %s", got, name)
		}
	}
}

// Somebody's own option has the number of ours.
func TestNumbersOfOthers(t *testing.T) {
	bank := aBank{
		ofMethod:  concat(number(factNumber("tenant"), 1), number(factNumber("long_lived"), 1)),
		ofService: number(factNumber("auth"), 2),
		level:     descriptorpb.MethodOptions_IDEMPOTENT,
		isForeign: true,
	}
	facts := newMethod(specOf(bank.transfer(t))).facts
	if len(facts) != 1 || facts[0].Source != "proto: acme.v1.Bank/Transfer" {
		t.Fatalf("facts of others: %v", facts)
	}
}

func TestRefusedFacts(t *testing.T) {
	const ofRequestID = "(ameide.policy.v1.request_id_field) of acme.v1.Bank/Transfer"
	for _, each := range []struct {
		bank         aBank
		option, rule string
	}{
		{aBank{ofMethod: named("id"), ofField: formatted(uuid4), field: &descriptorpb.FieldDescriptorProto{Type: descriptorpb.FieldDescriptorProto_TYPE_BYTES.Enum()}}, ofRequestID, "must be one string"},
		{aBank{ofMethod: named("id"), ofField: formatted(uuid4), field: &descriptorpb.FieldDescriptorProto{Label: descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()}}, ofRequestID, "must be one string"},
		{aBank{ofMethod: named("id"), ofField: formatted(uuid4), field: &descriptorpb.FieldDescriptorProto{OneofIndex: proto.Int32(0)}}, ofRequestID, "outside of any oneof"},
		{aBank{ofMethod: named("id"), ofField: formatted(2)}, ofRequestID, "must have (google.api.field_info).format = UUID4"},
		{aBank{ofMethod: named("id")}, ofRequestID, "must have (google.api.field_info).format = UUID4"},
		{aBank{ofMethod: named("ids")}, ofRequestID, `"ids" is no field of acme.v1.Transfer; did you mean id?`},
		{aBank{ofMethod: named("id"), streamsInput: true}, ofRequestID, "is not for Transfer, which streams its requests"},
		{aBank{ofMethod: named("\x1b[2J\n" + strings.Repeat("x", 5_000))}, ofRequestID, `"\u001b[2J\n`},
		{aBank{ofMethod: number(factNumber("default_timeout_ms"), 0)}, "(ameide.policy.v1.default_timeout_ms) of acme.v1.Bank/Transfer", "must be at least 1"},
	} {
		config := configOf(t).forMethod(specOf(each.bank.transfer(t)))
		if config.refusal == nil || config.refusal.option != each.option || !strings.Contains(config.refusal.rule, each.rule) {
			t.Errorf("%s: %s: %+v", each.option, each.rule, config.refusal)
			continue
		}
		if len(config.refusal.rule) > 400 {
			t.Errorf("a rule has %d bytes", len(config.refusal.rule))
		}
		problem := "every call is refused: " + each.option + ": "
		if got := explainMethod(config, false, nil); len(got.Problems) != 1 || !strings.HasPrefix(got.Problems[0], problem) {
			t.Errorf("explains %q", got.Problems)
		}
	}
	optional := aBank{ofMethod: named("id"), ofField: formatted(uuid4), field: &descriptorpb.FieldDescriptorProto{
		Proto3Optional: proto.Bool(true), OneofIndex: proto.Int32(0),
	}}
	if config := configOf(t).forMethod(specOf(optional.transfer(t))); config.refusal != nil {
		t.Errorf("a field that is there or not: %+v", config.refusal)
	}
}

func FuzzRawOptions(f *testing.F) {
	f.Add(number(50811, 3), text(50816, "a"))
	f.Add(number(50814, 1<<63), []byte{0xff})
	f.Add(text(50811, "not a number"), number(50816, 7))
	f.Add([]byte{0x0b, 0x0c}, []byte{0xa2, 0x86, 0x19, 0x7f})
	f.Fuzz(func(t *testing.T, ofMethod, ofField []byte) {
		desc := aBank{ofMethod: ofMethod, ofField: ofField, ofService: ofMethod}.transfer(t)
		m := &method{name: "acme.v1.Bank/Transfer", service: "acme.v1.Bank", local: "Transfer", kind: policy.Unary, desc: desc}
		m.facts = methodFacts(m, desc)
		effective := policy.Resolve(m.facts, "built-in", policy.Behavior1().Defaults)
		if field, refused := refusalOf(m, &effective); field != nil && refused != nil {
			t.Fatal("is filled, and refused")
		}
		effective.Values.CanonicalJSON()
	})
}
