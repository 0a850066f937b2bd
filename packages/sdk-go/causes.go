package ameide

import "slices"

// Chains may lead back, and bounds end those that never do.
const mostCauses = 32

// causesOf lists an error and all that is behind it, each once: of several at once (the addresses of a name) each, and
// causes.
func causesOf(err error) []error {
	var found []error
	var visit func(each error)
	visit = func(each error) {
		if each == nil || len(found) == mostCauses || slices.ContainsFunc(found, func(known error) bool { return same(known, each) }) {
			return
		}
		found = append(found, each)
		switch wrapping := each.(type) {
		case interface{ Unwrap() []error }:
			for _, behind := range wrapping.Unwrap() {
				visit(behind)
			}
		case interface{ Unwrap() error }:
			visit(wrapping.Unwrap())
		}
	}
	visit(err)
	return found
}

// Errors that cannot be compared are never the same.
func same(a, b error) (equal bool) {
	defer func() { _ = recover() }()
	return a == b
}
