package ameide

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

const fromProto = "proto: "

// A refusal is why no call of a method can be made.
type refusal struct {
	// The option or fact that is wrong.
	option, rule string
}

// refusalOf looks whether a policy can be carried out for its method: facts are stated by name and number, in protos
// and documents that nothing compiles together with what they speak of. It finds the request field that names the
// request, if one does.
func refusalOf(m *method, effective *policy.Effective) (protoreflect.FieldDescriptor, *refusal) {
	byProto := func(field policy.Field) bool {
		return strings.HasPrefix(effective.Sources[field], fromProto)
	}
	if byProto(policy.TimeoutMs) && effective.Values.TimeoutMs < 1 {
		option := factOf(effective.Sources[policy.TimeoutMs], "default_timeout_ms")
		return nil, &refusal{option, "must be at least 1"}
	}
	name := effective.Values.RequestIDField
	if name == "" {
		return nil, nil
	}
	found, problem := findRequestIDField(m, name, byProto(policy.RequestIDField))
	if problem == "" {
		return found, nil
	}
	option := fmt.Sprintf("policy.methods[%s].facts.requestIdField", m.name)
	if byProto(policy.RequestIDField) {
		option = factOf(effective.Sources[policy.RequestIDField], "request_id_field")
	}
	return nil, &refusal{option, problem}
}

// A source names the method, and the line of the fact where that is known.
func factOf(source, name string) string {
	return fmt.Sprintf("(ameide.policy.v1.%s) of %s", name, strings.TrimPrefix(source, fromProto))
}
