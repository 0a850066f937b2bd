package ameidetest

import (
	"fmt"
	"os"
	"slices"
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
// It is an error to set it to anything else, to nothing, too: a workflow that names a variable it does not have would
// else test in memory what it means to test in a cluster.
func ReadIntegrationMode() (IntegrationMode, error) {
	text, set := os.LookupEnv("INTEGRATION_MODE")
	if !set {
		return Repo, nil
	}
	mode := IntegrationMode(text)
	if !slices.Contains([]IntegrationMode{Repo, Local, Cluster}, mode) {
		return "", fmt.Errorf("INTEGRATION_MODE: must be repo, local or cluster, got %.40q", text)
	}
	return mode, nil
}
