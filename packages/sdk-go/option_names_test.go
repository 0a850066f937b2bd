package ameide

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// source is all of this package but its tests.
func source(t *testing.T) map[string]*ast.File {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	policies, err := filepath.Glob("internal/policy/*.go")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]*ast.File{}
	for _, path := range append(paths, policies...) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		if files[path], err = parser.ParseFile(token.NewFileSet(), path, nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func textOf(node ast.Node) (text string, is bool) {
	literal, ok := node.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(literal.Value)
	return text, err == nil
}

// Each option that an error names by the name it has in all SDKs is followed by the function that gives it here.
func TestFunctionsOfOptions(t *testing.T) {
	functions := map[string]bool{}
	named := map[string]bool{}
	for _, file := range source(t) {
		for _, each := range file.Decls {
			if function, ok := each.(*ast.FuncDecl); ok && function.Recv == nil && function.Name.IsExported() {
				functions[function.Name.Name] = true
			}
		}
		ast.Inspect(file, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok {
				return true
			}
			at := 0
			switch called := call.Fun.(type) {
			case *ast.SelectorExpr:
				if !slices.Contains([]string{"fail", "failNaming", "positive", "atLeast", "number", "tokens", "integer"}, called.Sel.Name) {
					return true
				}
			case *ast.Ident:
				if called.Name == "oneOf" {
					at = 1
				} else if !slices.Contains([]string{"configError", "namingConfigError", "configFault"}, called.Name) {
					return true
				}
			default:
				return true
			}
			if option, is := textOf(call.Args[at]); is {
				named[option] = true
			}
			return true
		})
	}
	if len(named) < 30 {
		t.Fatalf("only %d options are found", len(named))
	}
	for option := range named {
		// Variables of the environment, parameters, and the start of a path.
		if strings.HasPrefix(option, "AMEIDE_") || option == "procedure" || option == "request" || option == "" {
			continue
		}
		if option = strings.TrimSuffix(option, "."); writtenAs(option) == "" {
			t.Errorf("%s: no function is told", option)
		}
	}
	for option, names := range functionOf {
		for name := range strings.SplitSeq(names, ", ") {
			if !functions[name] {
				t.Errorf("%s: there is no function %s", option, name)
			}
		}
	}
	_, err := NewTransport("https://api.test", WithMethod("acme.v1.Billing", WithRetry(MaxAttempts(9))))
	expectRefusal(t, err, "methods[acme.v1.Billing].retry.maxAttempts", "got 9 (MaxAttempts)")
}

// No sentence names an option as another SDK writes it. Values of a policy have the names that [Explanation] and policy
// documents have.
func TestSentencesNameOptionsOfGo(t *testing.T) {
	declared, err := os.ReadFile("../sdk/src/options/options.ts")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the SDK of TypeScript is not there")
	} else if err != nil {
		t.Fatal(err)
	}
	ofPolicy := map[string]bool{}
	for _, field := range policy.Fields() {
		ofPolicy[field.String()] = true
	}
	var others []string
	for _, found := range regexp.MustCompile(`readonly ([a-z]+[A-Z]\w*)\??:`).FindAllStringSubmatch(string(declared), -1) {
		if !ofPolicy[found[1]] {
			others = append(others, found[1])
		}
	}
	if len(others) < 20 {
		t.Fatalf("only %d options are found", len(others))
	}
	another := regexp.MustCompile(`\b(?:` + strings.Join(others, "|") + `)\b|: true\b|\bthe option [a-z]`)
	for path, file := range source(t) {
		ast.Inspect(file, func(node ast.Node) bool {
			if text, is := textOf(node); is && strings.Contains(text, " ") && another.MatchString(text) {
				t.Errorf("%s: %q", path, text)
			}
			return true
		})
	}
}
