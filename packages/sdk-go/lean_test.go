package ameide_test

import (
	"os/exec"
	"strings"
	"testing"
)

// A program that calls services of its own links no message of ours.
func TestPackageLinksNoStubs(t *testing.T) {
	printed, err := exec.CommandContext(t.Context(), "go", "run", "./testdata/lean").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	files := strings.Fields(string(printed))
	if len(files) == 0 {
		t.Error("no proto file is registered: google.rpc's are")
	}
	for _, file := range files {
		// Connect has google.rpc.Status under a name of its own.
		if !strings.HasPrefix(file, "google/") && !strings.HasPrefix(file, "connectext/") {
			t.Errorf("%s is linked", file)
		}
	}
}
