package ameide

import (
	"strings"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// A method is what is known of a method without a client.
type method struct {
	// Full name, as selectors, spans and errors have it: acme.v1.Billing/Charge.
	name string
	// acme.v1.Billing
	service string
	// Charge
	local string
	kind  policy.Kind
	level connect.IdempotencyLevel
	// nil where neither its client nor the program knows one.
	desc protoreflect.MethodDescriptor
	// What its proto says: a layer for each fact, named by where the fact stands.
	facts []policy.Layer
}

// methodKey is all of a client's spec that facts are made of: clients of one procedure may be made by hand, or of
// several descriptors.
type methodKey struct {
	procedure string
	desc      protoreflect.MethodDescriptor // nil for none
	kind      policy.Kind
	level     connect.IdempotencyLevel
}

func keyOf(spec connect.Spec) methodKey {
	desc, _ := spec.Schema.(protoreflect.MethodDescriptor)
	return methodKey{spec.Procedure, desc, kindOf(spec.StreamType), spec.IdempotencyLevel}
}

// More than anybody calls, unless descriptors are made anew all the time.
const maxMethods = 10_000

// Clients may be derived for every request; protos stay what they are.
var knownMethods = newRecentMap[methodKey, *method](maxMethods, nil)

// newMethod is the method that a client calls.
func newMethod(spec connect.Spec) *method {
	key := keyOf(spec)
	return knownMethods.get(key, func() *method {
		name := strings.TrimPrefix(spec.Procedure, "/")
		service, local, _ := strings.Cut(name, "/")
		made := &method{
			name: name, service: service, local: local, kind: key.kind, level: key.level, desc: key.desc,
		}
		if made.desc == nil {
			made.desc = findMethod(service, local)
		}
		made.facts = methodFacts(made, made.desc)
		return made
	})
}

// specOf is what a client has of a method that the program knows.
func specOf(desc protoreflect.MethodDescriptor) connect.Spec {
	spec := connect.Spec{
		Schema:    desc,
		Procedure: "/" + string(desc.Parent().FullName()) + "/" + string(desc.Name()),
	}
	if desc.IsStreamingClient() {
		spec.StreamType |= connect.StreamTypeClient
	}
	if desc.IsStreamingServer() {
		spec.StreamType |= connect.StreamTypeServer
	}
	switch level, _ := rawOptionsOf(desc).number(idempotencyLevel); level {
	case 1:
		spec.IdempotencyLevel = connect.IdempotencyNoSideEffects
	case 2:
		spec.IdempotencyLevel = connect.IdempotencyIdempotent
	}
	return spec
}

// findMethod looks for a method among all protos that are linked; nil for none.
func findMethod(service, local string) protoreflect.MethodDescriptor {
	return findMethodIn(protoregistry.GlobalFiles, service, local)
}

func findMethodIn(files *protoregistry.Files, service, local string) protoreflect.MethodDescriptor {
	name := protoreflect.FullName(service + "." + local)
	if !name.IsValid() {
		return nil
	}
	found, _ := files.FindDescriptorByName(name)
	desc, _ := found.(protoreflect.MethodDescriptor)
	return desc
}

func kindOf(stream connect.StreamType) policy.Kind {
	switch stream {
	case connect.StreamTypeServer:
		return policy.ServerStreaming
	case connect.StreamTypeClient:
		return policy.ClientStreaming
	case connect.StreamTypeBidi:
		return policy.BidiStreaming
	}
	return policy.Unary
}

// Number of google.protobuf.MethodOptions.idempotency_level.
const idempotencyLevel = 34

// methodFacts are what the proto of a method says. located is the same method in a descriptor that may know lines.
func methodFacts(m *method, located protoreflect.MethodDescriptor) []policy.Layer {
	facts := factReader{method: m, located: located}
	switch m.level {
	case connect.IdempotencyNoSideEffects:
		facts.state(true, idempotencyLevel, stating(policy.IdempotencyLevel, policy.NoSideEffects))
	case connect.IdempotencyIdempotent:
		facts.state(true, idempotencyLevel, stating(policy.IdempotencyLevel, policy.Idempotent))
	}
	if m.desc == nil || !importsPolicy(m.desc.ParentFile()) {
		return facts.found
	}
	facts.ofMethod, facts.ofService = rawOptionsOf(m.desc), rawOptionsOf(m.desc.Parent())
	facts.word("tenant", policy.TenantModeField)
	facts.word("auth", policy.AuthModeField)
	facts.scopes()
	if keyed, ok := facts.ofMethod.number(factNumber("idempotency_key")); ok {
		facts.stateOfMethod("idempotency_key", stating(policy.CarriesIdempotencyKey, keyed != 0))
	}
	if fields := facts.ofMethod.texts(factNumber("request_id_field")); len(fields) > 0 {
		facts.stateOfMethod("request_id_field", stating(policy.RequestIDField, fields[len(fields)-1]))
	}
	if ms, ok := facts.ofMethod.number(factNumber("default_timeout_ms")); ok {
		facts.stateOfMethod("default_timeout_ms", stating(policy.TimeoutMs, int64(ms)))
	}
	if waits, ok := facts.ofMethod.number(factNumber("wait_for_ready")); ok {
		facts.stateOfMethod("wait_for_ready", stating(policy.WaitForReady, waits != 0))
	}
	if longLived, _ := facts.ofMethod.number(factNumber("long_lived")); longLived != 0 {
		part := stating(policy.LongLived, true)
		part.Set(policy.FirstMessageTimeoutMs, policy.NoLimit)
		part.Set(policy.IdleTimeoutMs, policy.NoLimit)
		facts.stateOfMethod("long_lived", part)
	}
	return facts.found
}

// importsPolicy reports whether a file may state our options, whose numbers are anybody's:
// docs/decisions/option_numbers.md.
func importsPolicy(file protoreflect.FileDescriptor) bool {
	path := policySchema().Path()
	for i := range file.Imports().Len() {
		if file.Imports().Get(i).Path() == path {
			return true
		}
	}
	return false
}

func stating(field policy.Field, value any) policy.Part {
	var part policy.Part
	part.Set(field, value)
	return part
}

type factReader struct {
	method              *method
	located             protoreflect.MethodDescriptor
	ofMethod, ofService rawOptions
	found               []policy.Layer
}

func (f *factReader) state(ofMethod bool, option protowire.Number, values policy.Part) {
	source := "proto: " + f.method.service
	if ofMethod {
		source = "proto: " + f.method.name
	}
	if place := placeOf(f.located, ofMethod, option); place != "" {
		source += " (" + place + ")"
	}
	f.found = append(f.found, policy.Layer{Source: source, Values: values})
}

func (f *factReader) stateOfMethod(name protoreflect.Name, values policy.Part) {
	f.state(true, factNumber(name), values)
}

// A fact of the method wins over that of the service, also where it says nothing.
func (f *factReader) word(name protoreflect.Name, field policy.Field) {
	fact := factNamed(name)
	number, isOwn := f.ofMethod.number(fact.Number())
	if !isOwn {
		number, _ = f.ofService.number(fact.Number())
	}
	if word := wordOf(fact.Enum(), protoreflect.EnumNumber(int32(number))); word != "" {
		var part policy.Part
		part.SetWord(field, word)
		f.state(isOwn, fact.Number(), part)
	}
}

func (f *factReader) scopes() {
	number := factNumber("scopes")
	scopes := f.ofMethod.texts(number)
	isOwn := len(scopes) > 0
	if !isOwn {
		scopes = f.ofService.texts(number)
	}
	if len(scopes) > 0 {
		f.state(isOwn, number, stating(policy.Scopes, scopes))
	}
}

// Options of methods and of services have the same numbers.
func factNamed(name protoreflect.Name) protoreflect.ExtensionDescriptor {
	return policySchema().Extensions().ByName(name)
}

func factNumber(name protoreflect.Name) protowire.Number { return factNamed(name).Number() }

// wordOf is what an enum value is called in options: IDEMPOTENCY_LEVEL_NO_SIDE_EFFECTS is no_side_effects; empty where
// nothing is said.
func wordOf(enum protoreflect.EnumDescriptor, number protoreflect.EnumNumber) string {
	value := enum.Values().ByNumber(number)
	if number == 0 || value == nil {
		return ""
	}
	prefix := strings.TrimSuffix(string(enum.Values().ByNumber(0).Name()), "UNSPECIFIED")
	return strings.ToLower(strings.TrimPrefix(string(value.Name()), prefix))
}

// rawOptions are the options of a descriptor by their numbers, whether a program links their proto or not.
type rawOptions struct {
	numbers map[protowire.Number]uint64
	strings map[protowire.Number][]string
}

func rawOptionsOf(desc protoreflect.Descriptor) rawOptions {
	raw := rawOptions{map[protowire.Number]uint64{}, map[protowire.Number][]string{}}
	if desc == nil {
		return raw
	}
	rest, err := proto.Marshal(desc.Options())
	for err == nil && len(rest) > 0 {
		number, wireType, size := protowire.ConsumeTag(rest)
		if size < 0 {
			break
		}
		rest = rest[size:]
		switch wireType {
		case protowire.VarintType:
			raw.numbers[number], size = protowire.ConsumeVarint(rest)
		case protowire.BytesType:
			var value []byte
			value, size = protowire.ConsumeBytes(rest)
			raw.strings[number] = append(raw.strings[number], string(value))
		default:
			size = protowire.ConsumeFieldValue(number, wireType, rest)
		}
		if size < 0 {
			break
		}
		rest = rest[size:]
	}
	return raw
}

func (r rawOptions) number(number protowire.Number) (value uint64, found bool) {
	value, found = r.numbers[number]
	return value, found
}

func (r rawOptions) texts(number protowire.Number) []string { return r.strings[number] }
