package e2e

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ameideio/ameide-sdk-go"
	"github.com/ameideio/ameide-sdk-go/ameidetest"
)

// The same files are read by the tests of the other languages.
func vectors[T any](t *testing.T, name string) []T {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "integration", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var read []T
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if len(read) == 0 {
		t.Fatal("no vector")
	}
	return read
}

func TestReadIntegrationMode(t *testing.T) {
	type vector struct {
		Text    *string
		Mode    ameidetest.IntegrationMode
		Refused string
	}
	for _, each := range vectors[vector](t, "modes") {
		name := "unset"
		if each.Text != nil {
			name = *each.Text
		}
		t.Run(name, func(t *testing.T) {
			// Restores what is unset here.
			t.Setenv("INTEGRATION_MODE", name)
			if each.Text == nil {
				_ = os.Unsetenv("INTEGRATION_MODE")
			}
			mode, err := ameidetest.ReadIntegrationMode()
			if mode != each.Mode {
				t.Errorf("the mode is %q", mode)
			}
			if (err != nil) != (each.Refused != "") {
				t.Fatalf("the error is %v", err)
			}
			var refused *ameide.Error
			if err != nil && (!errors.As(err, &refused) || refused.Reason != ameide.ReasonConfigInvalid) {
				t.Errorf("the error is a %T", err)
			}
			if err != nil && !strings.Contains(err.Error(), "environment variable INTEGRATION_MODE: ") || err != nil && !strings.Contains(err.Error(), each.Refused) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestClusterOptions(t *testing.T) {
	type vector struct {
		Env     map[string]string
		Refused string
	}
	for _, each := range vectors[vector](t, "clusters") {
		text := ""
		if _, err := clusterOptions(func(name string) string { return each.Env[name] }); err != nil {
			text = err.Error()
		}
		if text != each.Refused {
			t.Errorf("%v: %q, want %q", each.Env, text, each.Refused)
		}
	}
}
