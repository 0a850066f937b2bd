package ameide

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/ameideio/ameide-core-proto-go/policyimage"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// The descriptor of policy.proto. It is in no registry, so that a program may link stubs of that proto from wherever it
// likes.
var policySchema = sync.OnceValue(func() protoreflect.FileDescriptor {
	var image descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(policyimage.Bytes(), &image); err != nil {
		panic(fmt.Sprintf("ameide: image of policy.proto: %v", err))
	}
	schema, err := protodesc.NewFile(image.GetFile()[0], protoregistry.GlobalFiles)
	if err != nil {
		panic(fmt.Sprintf("ameide: image of policy.proto: %v", err))
	}
	return schema
})

// A policyDocument is a policy document, read.
type policyDocument struct {
	behavior int64 // 0 for none
	preset   policy.Preset
	defaults policy.Part
	methods  map[string]policy.Part // by selector
	// The selectors, in the order of the document.
	selectors []string
	budget    policy.BudgetValues // 0 for what is not stated
	logLevel  LogLevel
	// Fields this version does not know, by their paths; they are ignored.
	unknownFields []string
}

// readDocument reads a policy document. Fields it does not know are passed over, so that an older SDK can read a newer
// document. The error is CONFIG_INVALID, and names all values that are out of their bounds.
func readDocument(json []byte, maxMaxAttempts int64) (*policyDocument, error) {
	reader := documentReader{
		maxMaxAttempts: maxMaxAttempts,
		document:       &policyDocument{methods: map[string]policy.Part{}},
		places:         map[string]int{},
	}
	reader.read(json)
	if len(reader.faults) > 0 {
		told := slices.Clone(reader.faults[:min(len(reader.faults), policy.MaxFaults)])
		for i := range told {
			told[i].option = strings.TrimSuffix("policy."+told[i].option, ".")
		}
		return nil, configErrors(told, len(reader.faults))
	}
	return reader.document, nil
}

type documentReader struct {
	maxMaxAttempts int64
	document       *policyDocument
	faults         []fault
	places         map[string]int // of faults, by their options
}

func (r *documentReader) read(text []byte) {
	var json jsonReader
	schema := policySchema().Messages().ByName("ClientPolicy")
	message := json.readJSON(schema, text)
	for _, wrong := range json.wrong {
		r.add(wrong)
	}
	r.readBudget(memberMessage(message, "budget"))
	unselecting := r.readMethods(message.Get(fieldNamed(message, "methods")).List())
	if defaults := memberMessage(message, "default"); defaults != nil {
		r.document.defaults = r.readPart(defaults, "default")
	}
	r.refuseRequestIDField(&r.document.defaults, "default")
	// A newer document may select by what this version does not know.
	r.document.unknownFields = unknownNames(append(json.unknown, unselecting...))
	r.document.preset = policy.Preset(enumWord(message, "preset"))
	r.document.logLevel = LogLevel(enumWord(message, "logLevel"))
	if field := fieldNamed(message, "behavior"); message.Has(field) {
		r.document.behavior = message.Get(field).Int()
		if policy.Behaviors[r.document.behavior] == nil {
			rule := "must be one of " + behaviorNames()
			r.add(namingConfigFault("behavior", rule, r.document.behavior))
		}
	}
}

// Of one fact that several selectors share there is one.
func (r *documentReader) add(found fault) {
	if at, known := r.places[found.option]; known {
		r.faults[at] = found
	} else {
		r.places[found.option] = len(r.faults)
		r.faults = append(r.faults, found)
	}
}

func (r *documentReader) bounded(value, least, most int64, path string) int64 {
	if value < least || value > most {
		r.add(namingConfigFault(path, fmt.Sprintf("must be an integer from %d to %d", least, most), value))
	}
	return value
}

func (r *documentReader) readBudget(message protoreflect.Message) {
	for _, row := range policy.BudgetRows {
		if message == nil {
			return
		}
		if field := fieldNamed(message, row.Name); message.Has(field) {
			value := message.Get(field).Int()
			*row.Of(&r.document.budget) = r.bounded(value, row.Min, row.Max, "budget."+row.Name)
		}
	}
}

func (r *documentReader) readMethods(entries protoreflect.List) (unselecting []unknownPart) {
	for i := range entries.Len() {
		path := fmt.Sprintf("methods[%d]", i)
		entry := entries.Get(i).Message()
		var part policy.Part
		if stated := memberMessage(entry, "policy"); stated != nil {
			part = r.readPart(stated, path+".policy")
		}
		selectors := entry.Get(fieldNamed(entry, "selectors")).List()
		if selectors.Len() == 0 {
			unselecting = append(unselecting, unknownPart{path: path + ".selectors", why: "is empty, which selects nothing"})
		}
		for j := range selectors.Len() {
			selector := selectors.Get(j).String()
			if !isSelector(selector) {
				r.add(configFault(fmt.Sprintf("%s.selectors[%d]", path, j), selectorRule(selector)))
				continue
			}
			if !strings.Contains(selector, "/") {
				r.refuseRequestIDField(&part, path+".policy")
			}
			r.document.choose(selector, part)
		}
	}
	return unselecting
}

// Of several entries for one selector, the first that states a value holds.
func (d *policyDocument) choose(selector string, part policy.Part) {
	earlier, found := d.methods[selector]
	earlier.Over(&part)
	d.methods[selector] = earlier
	if !found {
		d.selectors = append(d.selectors, selector)
	}
}

func (r *documentReader) readPart(stated protoreflect.Message, path string) policy.Part {
	var part policy.Part
	for _, field := range policy.Fields() {
		row := policy.Rows[field]
		if row.Document == "" {
			continue
		}
		message, name := stated, row.Document
		if ofFacts, found := strings.CutPrefix(name, "facts."); found {
			message, name = memberMessage(stated, "facts"), ofFacts
		}
		if message == nil {
			continue
		}
		at := fieldNamed(message, name)
		if message.Has(at) {
			r.readValue(&part, field, at, message.Get(at), path+"."+row.Document)
		}
	}
	return part
}

func (r *documentReader) readValue(
	part *policy.Part, field policy.Field, at protoreflect.FieldDescriptor, value protoreflect.Value, path string,
) {
	rule := policy.Rows[field].Rule
	switch rule.Is {
	case policy.IsTimeout, policy.IsInteger:
		least, most := policy.BoundsOf(rule, r.maxMaxAttempts)
		part.Set(field, r.bounded(value.Int(), least, most, path))
	case policy.IsWord, policy.IsEnum:
		if word := wordOf(at.Enum(), value.Enum()); word != "" {
			part.SetWord(field, word)
		}
	case policy.IsCodes:
		part.Set(field, r.readCodes(value.List(), path))
	case policy.IsFlag:
		part.Set(field, value.Bool())
	case policy.IsText:
		part.Set(field, value.String())
	}
}

func (r *documentReader) readCodes(list protoreflect.List, path string) []string {
	codes := make([]string, list.Len())
	for i := range codes {
		codes[i] = list.Get(i).String()
		if !isCode(codes[i]) {
			const rule = "must be a code in Connect's spelling, such as aborted"
			r.add(namingConfigFault(fmt.Sprintf("%s[%d]", path, i), rule, codes[i], codeNames...))
		}
	}
	slices.Sort(codes)
	return codes
}

// It is a field of one method's request, and to be named for that method.
func (r *documentReader) refuseRequestIDField(part *policy.Part, path string) {
	if part.Get(policy.RequestIDField) != "" {
		const rule = "is for selectors of single methods, such as acme.v1.Billing/Charge"
		r.add(configFault(path+".facts.requestIdField", rule))
	}
}

func behaviorNames() string {
	var names []string
	for version := range policy.Behaviors {
		names = append(names, fmt.Sprint(version))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func fieldNamed(message protoreflect.Message, jsonName string) protoreflect.FieldDescriptor {
	return message.Descriptor().Fields().ByJSONName(jsonName)
}

// nil where it is not stated.
func memberMessage(message protoreflect.Message, name string) protoreflect.Message {
	field := fieldNamed(message, name)
	if !message.Has(field) {
		return nil
	}
	return message.Get(field).Message()
}

func enumWord(message protoreflect.Message, name string) string {
	field := fieldNamed(message, name)
	return wordOf(field.Enum(), message.Get(field).Enum())
}
