package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/ameideio/ameide-sdk-go/ameidetest"
)

// concerns of the contract between a client and the services, each with a test of its own.
var concerns = []string{"headers", "request id", "auth", "retry", "timeout", "tracing"}

var (
	suite    *target
	mode     ameidetest.IntegrationMode
	outcomes sync.Map
)

// TestMain writes what came of each concern to .results/integration-go-MODE.json, beside those of TypeScript and
// Python. A concern that no test was about has failed.
func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if mode, err = ameidetest.ReadIntegrationMode(); err == nil {
		suite, err = openTarget(mode)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer suite.close()
	file := filepath.Join(".results", fmt.Sprintf("integration-go-%s.json", mode))
	// A crash leaves none of the run before.
	_ = os.Remove(file)
	code := m.Run()
	if err := writeReport(file); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func writeReport(file string) error {
	type outcome struct {
		Name   string `json:"name"`
		Passed bool   `json:"passed"`
	}
	report := struct {
		SDK      string                     `json:"sdk"`
		Mode     ameidetest.IntegrationMode `json:"mode"`
		Concerns []outcome                  `json:"concerns"`
	}{SDK: "go", Mode: mode}
	for _, name := range concerns {
		passed, _ := outcomes.LoadOrStore(name, false)
		report.Concerns = append(report.Concerns, outcome{name, passed.(bool)})
	}
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

// concern notes the outcome of the test of a concern.
func concern(t *testing.T, name string) {
	t.Helper()
	t.Cleanup(func() { outcomes.Store(name, !t.Failed() && !t.Skipped()) })
}
