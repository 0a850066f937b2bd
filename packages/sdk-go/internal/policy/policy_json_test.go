package policy

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// policyFile is what every SDK has built in.
type policyFile struct {
	Behavior  int64
	Policy    []policyRow
	Budget    []policyRow
	Client    []policyRow
	Presets   map[string]map[string]float64
	Constants map[string]float64
	Bounds    map[string]float64
}

// Each member in the spelling of the file; nil for one that is not there.
type policyRow map[string]any

func readPolicyFile(t *testing.T) policyFile {
	t.Helper()
	text, err := os.ReadFile("../../../conformance/policy.json")
	if err != nil {
		t.Fatal(err)
	}
	var file policyFile
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestPolicyJSON(t *testing.T) {
	file := readPolicyFile(t)
	constants := Behaviors[file.Behavior]
	if constants == nil || len(Behaviors) != 1 {
		t.Fatalf("there are behaviors %v, the file has %d", Behaviors, file.Behavior)
	}
	compareRows(t, "policy", file.Policy, policyRows(constants))
	compareRows(t, "budget", file.Budget, budgetRows())
	compareRows(t, "client", file.Client, clientRows())
	compareNumbers(t, "constants", file.Constants, numbersOf(reflect.ValueOf(*constants), ""))
	compareNumbers(t, "bounds", file.Bounds, map[string]float64{
		"max_origins":               MaxOrigins,
		"max_page_token_characters": MaxPageTokenCharacters,
		"max_faults":                MaxFaults,
		"max_thrown_texts":          MaxThrownTexts,
		"max_thrown_characters":     MaxThrownCharacters,
	})
	if len(file.Presets) != len(constants.Presets) {
		t.Errorf("there are %d presets, the file has %d", len(constants.Presets), len(file.Presets))
	}
	for name, want := range file.Presets {
		part := constants.Presets[Preset(name)]
		changes := map[string]float64{}
		for _, field := range Fields() {
			if part.Has(field) {
				value, _ := part.Number(field)
				changes[snakeCase(field.String())] = float64(value)
			}
		}
		compareNumbers(t, "preset "+name, want, changes)
	}
}

func policyRows(constants *Constants) []policyRow {
	var rows []policyRow
	for _, field := range Fields() {
		row := Rows[field]
		least, most := BoundsOf(row.Rule, constants.MaxMaxAttempts)
		made := rowOf(row.Rule, row.Name, least, most)
		made["default"] = asJSON(constants.Defaults.JSON(field))
		list(made, "default_for", row.BuiltInFor)
		list(made, "kinds", row.For)
		list(made, "words", row.Words)
		text(made, "option", string(row.Option))
		text(made, "document", snakeCase(row.Document))
		text(made, "environment", row.Environment)
		rows = append(rows, made)
	}
	return rows
}

func budgetRows() []policyRow {
	var rows []policyRow
	for _, row := range BudgetRows {
		made := rowOf(row.Rule, row.Name, row.Min, row.Max)
		made["default"] = float64(row.Default)
		made["document"] = "budget." + snakeCase(row.Name)
		rows = append(rows, made)
	}
	return rows
}

func clientRows() []policyRow {
	var rows []policyRow
	for _, row := range ClientRows {
		made := rowOf(row.Rule, row.Name, row.Min, row.Max)
		made["default"] = float64(row.Default)
		if row.Default == 0 {
			made["default"] = nil
		}
		rows = append(rows, made)
	}
	return rows
}

func rowOf(rule Rule, name string, least, most int64) policyRow {
	row := policyRow{"name": snakeCase(name), "type": string(rule.Is)}
	if rule.Is == IsTimeout || rule.Is == IsInteger {
		row["min"], row["max"] = float64(least), float64(most)
		for ending, unit := range map[string]string{"Ms": "ms", "Bytes": "bytes"} {
			if strings.HasSuffix(name, ending) {
				row["unit"] = unit
			}
		}
	}
	return row
}

func list[T ~string](row policyRow, name string, words []T) {
	if len(words) > 0 {
		row[name] = asJSON(words)
	}
}

func text(row policyRow, name, value string) {
	if value != "" {
		row[name] = value
	}
}

// asJSON is a value as a reader of JSON sees it.
func asJSON(value any) any {
	var read any
	written, _ := json.Marshal(value)
	_ = json.Unmarshal(written, &read)
	return read
}

func compareRows(t *testing.T, what string, want, got []policyRow) {
	t.Helper()
	for i := range max(len(want), len(got)) {
		var wanted, seen policyRow
		if i < len(want) {
			wanted = want[i]
		}
		if i < len(got) {
			seen = got[i]
		}
		if !reflect.DeepEqual(wanted, seen) {
			t.Errorf("%s[%d] is %v, the file has %v", what, i, seen, wanted)
		}
	}
}

func compareNumbers(t *testing.T, what string, want, got map[string]float64) {
	t.Helper()
	if !reflect.DeepEqual(want, got) {
		t.Errorf("%s are %v, the file has %v", what, got, want)
	}
}

// numbersOf are the numbers that stand beside the values, the budget and the presets.
func numbersOf(value reflect.Value, prefix string) map[string]float64 {
	numbers := map[string]float64{}
	for i := range value.NumField() {
		field, name := value.Field(i), value.Type().Field(i).Name
		at := prefix + snakeCase(name)
		switch {
		case slices.Contains([]string{"Defaults", "Budget", "Presets"}, name):
		case field.Kind() == reflect.Struct:
			for inner, number := range numbersOf(field, at+".") {
				numbers[inner] = number
			}
		case field.CanInt():
			numbers[at] = float64(field.Int())
		case field.CanFloat():
			numbers[at] = field.Float()
		default:
			panic(fmt.Sprintf("%s is no number", at))
		}
	}
	return numbers
}

// snakeCase is a name as the file has it: MaxGetURLLength is max_get_url_length.
func snakeCase(name string) string {
	var snake strings.Builder
	for i, char := range name {
		follows := i > 0 && unicode.IsUpper(char)
		isInside := follows && unicode.IsUpper(rune(name[i-1])) && (i+1 == len(name) || !unicode.IsLower(rune(name[i+1])))
		if follows && !isInside && name[i-1] != '.' {
			snake.WriteByte('_')
		}
		snake.WriteRune(unicode.ToLower(char))
	}
	return snake.String()
}
