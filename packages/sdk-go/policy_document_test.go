package ameide

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// The table of policy values has each field of a document, once.
func TestTableHasTheFieldsOfDocuments(t *testing.T) {
	var want, got []string
	messages := policySchema().Messages()
	for _, name := range jsonNamesOf(messages.ByName("MethodPolicy").Fields()) {
		if name != "facts" {
			want = append(want, name)
		}
	}
	for _, name := range jsonNamesOf(messages.ByName("MethodFacts").Fields()) {
		want = append(want, "facts."+name)
	}
	for _, row := range policy.Rows {
		if row.Document != "" {
			got = append(got, row.Document)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Errorf("the table has %v, documents have %v", got, want)
	}
	var budget []string
	for _, row := range policy.BudgetRows {
		budget = append(budget, row.Name)
	}
	if fields := jsonNamesOf(messages.ByName("RetryBudget").Fields()); !slices.Equal(budget, fields) {
		t.Errorf("the table of the budget has %v, documents have %v", budget, fields)
	}
}

const maxMaxAttempts = 5

func faultsOf(t *testing.T, document string) *Error {
	t.Helper()
	_, err := readDocument([]byte(document), maxMaxAttempts)
	var fault *Error
	if !errors.As(err, &fault) || fault.Reason != "CONFIG_INVALID" {
		t.Fatalf("%s: %v", document, err)
	}
	return fault
}

func TestFaultsOfADocument(t *testing.T) {
	for _, each := range []struct{ option, document string }{
		{"policy.default.timeoutMs", `{"default":{"timeoutMs":"0"}}`},
		{"policy.default.timeoutMs", `{"default":{"timeoutMs":"-1"}}`},
		{"policy.default.timeoutMs", `{"default":{"timeoutMs":"9223372036854775807"}}`},
		{"policy.default.timeoutMs", `{"default":{"timeoutMs":1e999}}`},
		{"policy.default.attemptTimeoutMs", `{"default":{"attemptTimeoutMs":"0"}}`},
		{"policy.default.baseDelayMs", `{"default":{"baseDelayMs":"0"}}`},
		{"policy.default.maxAttempts", `{"default":{"maxAttempts":6}}`},
		{"policy.default.retryableCodes[0]", `{"default":{"retryableCodes":["ABORTED"]}}`},
		{"policy.methods[1].policy.maxDelayMs", `{"methods":[{},{"policy":{"maxDelayMs":"0"}}]}`},
		{"policy.methods[0].selectors[0]", `{"methods":[{"selectors":["/acme"]}]}`},
		{"policy.budget.capacity", `{"budget":{"capacity":10001}}`},
		{"policy.budget.cost", `{"budget":{"cost":0}}`},
		{"policy.behavior", `{"behavior":2}`},
		{"policy.behavior", `{"behavior":0}`},
		{"policy.default.timeoutMs", `{"default":{"timeoutMs":"s3cret"}}`},
		{"policy.default.maxAttempts", `{"default":{"maxAttempts":1.5}}`},
		{"policy.default.requireIdempotency", `{"default":{"requireIdempotency":"yes"}}`},
		{"policy.default.facts.requestIdField", `{"default":{"facts":{"requestIdField":5}}}`},
		{"policy.default.facts.requestIdField", `{"default":{"facts":{"requestIdField":"s3cret"}}}`},
		{"policy.methods[0].policy.facts.requestIdField", `{"methods":[{"selectors":["acme.v1.Bank","acme.v1.Cash"],"policy":{"facts":{"requestIdField":"s3cret"}}}]}`},
		{"policy.default", `{"default":"s3cret"}`},
		{"policy.methods", `{"methods":{"selectors":[]}}`},
		{"policy.methods[1]", `{"methods":[{},"s3cret"]}`},
		{"policy.methods[1]", `{"methods":[{},null]}`},
		{"policy.methods[0].selectors", `{"methods":[{"selectors":"s3cret"}]}`},
		{"policy.logLevel", `{"logLevel":{}}`},
		{"policy", `[]`},
		{"policy", `{"s3cret`},
		{"policy", ``},
	} {
		fault := faultsOf(t, each.document)
		if len(fault.FieldViolations) != 1 || fault.FieldViolations[0].Field != each.option {
			t.Errorf("%s: %+v", each.document, fault.FieldViolations)
		}
		if message := fault.Error(); !strings.Contains(message, "option "+each.option+": ") || strings.Contains(message, "s3cret") {
			t.Errorf("%s: %s", each.document, message)
		}
	}
}

func TestAllFaultsOfADocumentAtOnce(t *testing.T) {
	methods := strings.Repeat(`{"policy":{"maxAttempts":9}},`, 30)
	fault := faultsOf(t, fmt.Sprintf(
		`{"behavior":7,"default":{"timeoutMs":true,"maxDelayMs":"0"},"methods":[%s]}`, strings.TrimSuffix(methods, ","),
	))
	const want = "33 options are wrong: policy.default.timeoutMs: must be an integer, got true; " +
		"policy.methods[0].policy.maxAttempts: must be an integer from 1 to 5, got 9; "
	if !strings.Contains(fault.Error(), want) {
		t.Error(fault)
	}
	if len(fault.FieldViolations) != policy.MaxFaults || fault.FieldViolations[2].Field != "policy.methods[1].policy.maxAttempts" {
		t.Errorf("tells %d: %+v", len(fault.FieldViolations), fault.FieldViolations)
	}
}

func TestWhatADocumentHasAndNobodyKnows(t *testing.T) {
	var many []string
	for i := range 30 {
		many = append(many, fmt.Sprintf(`"x%d":1`, i))
	}
	cut := []string{`"` + strings.Repeat("y", 64) + `"`}
	for i := range 19 {
		cut = append(cut, fmt.Sprintf("x%d", i))
	}
	for _, each := range []struct {
		document string
		want     []string
	}{
		{`{"preset":"PRESET_MESH"}`, nil},
		{`{"hedging":{"attempts":2}}`, []string{"hedging"}},
		{`{"default":{"maxAttemps":2}}`, []string{"default.maxAttemps (did you mean maxAttempts?)"}},
		{`{"preset":"PRESET_MUSH"}`, []string{"preset (did you mean PRESET_MESH?)"}},
		{`{"methods":[{"policy":{}}]}`, []string{"methods[0].selectors (is empty, which selects nothing)"}},
		{`{"a\nb":1}`, []string{`"a\nb"`}},
		{`{"` + strings.Repeat("y", 100) + `":1,` + strings.Join(many, ",") + `}`, append(cut, "and more")},
	} {
		document, err := readDocument([]byte(each.document), maxMaxAttempts)
		if err != nil || !slices.Equal(document.unknownFields, each.want) {
			t.Errorf("%s: %q, %v", each.document, document.unknownFields, err)
		}
	}
}

func TestAFartherEntryFillsWhatIsLeftOpen(t *testing.T) {
	document, err := readDocument([]byte(`{"methods":[
		{"selectors":["acme.v1.Bank"],"policy":{"maxAttempts":2}},
		{"selectors":["acme.v1.Bank","acme.v1.Cash"],"policy":{"max_attempts":4,"timeoutMs":"5","retryableCodes":["internal","aborted"]}}
	],"logLevel":"LOG_LEVEL_DEBUG","behavior":1,"budget":{"cost":3}}`), maxMaxAttempts)
	if err != nil {
		t.Fatal(err)
	}
	bank, cash := document.methods["acme.v1.Bank"], document.methods["acme.v1.Cash"]
	if attempts, _ := bank.Number(policy.MaxAttempts); attempts != 2 {
		t.Errorf("maxAttempts is %d", attempts)
	}
	if ms, _ := bank.Number(policy.TimeoutMs); ms != 5 {
		t.Errorf("timeoutMs is %d", ms)
	}
	if attempts, _ := cash.Number(policy.MaxAttempts); attempts != 4 {
		t.Errorf("maxAttempts of the other is %d", attempts)
	}
	if codes := bank.Get(policy.RetryableCodes); !reflect.DeepEqual(codes, []string{"aborted", "internal"}) {
		t.Errorf("codes are %v", codes)
	}
	if document.logLevel != "debug" || document.behavior != 1 || document.budget.Cost != 3 || document.budget.Capacity != 0 {
		t.Errorf("is %+v", document)
	}
}

func FuzzReadDocument(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[]`, `null`, `{"default":null}`, `{"default":{"maxAttempts":2}}`, `{"default":{"timeoutMs":1e999}}`,
		`{"methods":[{"selectors":["acme.v1.Bank/Pay"],"policy":{"facts":{"requestIdField":"id"}}}]}`,
		`{"methods":[null,1,{"selectors":[1]}]}`, `{"behavior":"1","preset":2,"log_level":"LOG_LEVEL_OFF"}`,
		`{"budget":{"capacity":-1}}`, `{"default":{"retryableCodes":["aborted",null]}}`, `{"a":{"a":{"a":[[[]]]}}}`,
		`{"preset":"PRESET_MESH","preset":"PRESET_STANDALONE"}`, "{\"\xff\":1}", `{"default":{"timeoutMs":"5s"}}`, `{"methods":[{"selectors":[]}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		document, err := readDocument(text, maxMaxAttempts)
		if !json.Valid(text) && err == nil {
			t.Fatal("is no JSON, and was read")
		}
		if err != nil {
			if fault := new(Error); !errors.As(err, &fault) || fault.Reason != "CONFIG_INVALID" {
				t.Fatal(err)
			}
			return
		}
		again, err := readDocument(text, maxMaxAttempts)
		if err != nil || !reflect.DeepEqual(document, again) {
			t.Fatalf("%+v, then %+v, %v", document, again, err)
		}
		if len(document.unknownFields) > policy.MaxFaults+1 {
			t.Fatalf("tells %d unknown fields", len(document.unknownFields))
		}
		if attempts, stated := document.defaults.Number(policy.MaxAttempts); stated && (attempts < 1 || attempts > maxMaxAttempts) {
			t.Fatalf("maxAttempts is %d", attempts)
		}
	})
}

// A reader that looks at all parts of a document for each of them would not be done within the time a test has.
func TestDocumentOfManyParts(t *testing.T) {
	const many = 500_000
	var members, selectors strings.Builder
	for i := range many {
		fmt.Fprintf(&members, `"n%d":1,`, i)
	}
	for range many {
		selectors.WriteString(`"-",`)
	}
	for text, says := range map[string]string{
		`{` + members.String() + `"behavior":1,"behavior":2}`:         "option policy.behavior: must be one of 1, got 2",
		`{"methods":[{"selectors":[` + selectors.String() + `"a"]}]}`: fmt.Sprintf("%d options are wrong", many),
	} {
		_, err := NewTransport("https://api.test", WithPolicy([]byte(text)))
		var refused *Error
		if !errors.As(err, &refused) || !strings.HasPrefix(refused.Message, says) {
			t.Errorf("%v", err)
		}
	}
}
