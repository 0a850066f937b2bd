// Package e2e holds tests of the Go SDK against servers: the concerns of the contract, in the mode that
// INTEGRATION_MODE names.
package e2e
