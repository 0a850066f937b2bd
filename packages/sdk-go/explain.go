package ameide

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// An ExplainedValue is one value of an effective policy.
type ExplainedValue struct {
	// Name is that of the policy's table: timeoutMs, maxAttempts, tenant.
	Name string
	// Value is as JSON has it: nil for none, a bool, an int64, a string or []string; durations are milliseconds.
	Value any
	// Source is where it comes from: code: client, proto: …, built-in (behavior 1).
	Source string
}

// An Explanation is the effective policy of a method, each value with its source. Its JSON is that of every SDK.
type Explanation struct {
	// Method is its full name: acme.v1.Billing/Charge.
	Method string
	// Values are in the order of the policy's table, then those that hold for connections.
	Values []ExplainedValue
	// Hash is the SHA-256 of the policy's RFC 8785 JSON, in hex; the same in every SDK.
	Hash string
	// Problems are what is wrong with what is stated for the method, and for its service: a fact that cannot be
	// carried out (every call is refused), a selector that selects nothing.
	Problems []string
	// Verdict says which failures of the method are repeated, and by what fact.
	Verdict string
}

// explainMethod explains the policy of a method. Credentials are named by kind only. Facts of connections follow.
func explainMethod(config *methodConfig, observe bool, connection []ExplainedValue) *Explanation {
	var values []ExplainedValue
	for _, field := range policy.Fields() {
		value, source := config.policy.Values.JSON(field), config.policy.Sources[field]
		values = append(values, ExplainedValue{field.String(), value, source})
	}
	tenant := ExplainedValue{"tenant", nil, config.tenantSource}
	if config.tenant != "" {
		tenant.Value = config.tenant
	}
	auth := ExplainedValue{"auth", nil, config.authSource}
	if config.auth != nil {
		auth.Value = kindOfAuth(config.auth)
	}
	values = append(append(values, tenant, auth), connection...)
	problems := []string{}
	if refused := config.refusal; refused != nil {
		problems = append(problems, fmt.Sprintf("every call is refused: %s: %s", refused.option, refused.rule))
	}
	hash := sha256.Sum256([]byte(config.policy.Values.CanonicalJSON()))
	return &Explanation{
		Method:   config.name,
		Values:   values,
		Hash:     hex.EncodeToString(hash[:]),
		Problems: append(problems, config.misspelt...),
		Verdict: verdictOf(verdictSubject{
			policy:       &config.policy,
			kind:         config.method.kind,
			renewsTokens: config.auth.parts().kind == tokenProvider,
			observe:      observe,
		}),
	}
}

// A credential is named by the option that gives it.
func kindOfAuth(auth *Auth) string {
	switch auth.parts().kind {
	case tokenProvider:
		return "provider"
	case staticKey:
		return "header"
	default:
		return "token"
	}
}

// String is the explanation as text: a line for each value and problem, and the verdict.
func (e *Explanation) String() string {
	width := 0
	for _, each := range e.Values {
		width = max(width, len(each.Name))
	}
	lines := []string{e.Method}
	for _, each := range e.Values {
		lines = append(lines, fmt.Sprintf("  %-*s  %s  (%s)", width, each.Name, valueText(each.Value), each.Source))
	}
	for _, problem := range e.Problems {
		lines = append(lines, "  problem: "+problem)
	}
	return strings.Join(append(lines, "  "+e.Verdict), "\n")
}

// MarshalJSON has the values by their names.
func (e *Explanation) MarshalJSON() ([]byte, error) {
	type explained struct {
		Value  any    `json:"value"`
		Source string `json:"source"`
	}
	values := make(map[string]explained, len(e.Values))
	for _, each := range e.Values {
		values[each.Name] = explained{each.Value, each.Source}
	}
	return json.Marshal(struct {
		Method   string               `json:"method"`
		Values   map[string]explained `json:"values"`
		Hash     string               `json:"hash"`
		Problems []string             `json:"problems"`
		Verdict  string               `json:"verdict"`
	}{e.Method, values, e.Hash, e.Problems, e.Verdict})
}

func valueText(value any) string {
	switch value.(type) {
	case nil, bool, int64, string, []string:
		return policy.JSON(value)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return "null"
	}
	return string(text)
}
