package ameidetest

import (
	"os"
	"slices"

	"github.com/ameideio/ameide-sdk-go/internal/hook"
)

// An IntegrationMode says where the services are that tests call.
type IntegrationMode string

// The modes.
const (
	// Repo is in the process of the test.
	Repo IntegrationMode = "repo"
	// Local is in processes that the test starts.
	Local IntegrationMode = "local"
	// Cluster is at addresses that the environment of the test names.
	Cluster IntegrationMode = "cluster"
)

// ReadIntegrationMode reads the mode from INTEGRATION_MODE. Where it is not set, it is [Repo].
//
// Anything else is refused by an [ameide.Error], CONFIG_INVALID, and nothing, too: a workflow that names a variable it
// does not have would else test in memory what it means to test in a cluster.
func ReadIntegrationMode() (IntegrationMode, error) {
	text, set := os.LookupEnv("INTEGRATION_MODE")
	if !set {
		return Repo, nil
	}
	known := []string{string(Repo), string(Local), string(Cluster)}
	if !slices.Contains(known, text) {
		return "", hook.RefuseWord("INTEGRATION_MODE", "must be repo, local or cluster", text, known...)
	}
	return IntegrationMode(text), nil
}
