package ameide

import (
	"fmt"

	"github.com/ameideio/ameide-sdk-go/internal/nearest"
	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// unknownNames are unknown names, and what is near them: default.maxAttemps (did you mean maxAttempts?), hedging.
func unknownNames(all []unknownPart) []string {
	var told []string
	for _, each := range all[:min(len(all), policy.MaxFaults)] {
		what := each.why
		if near := nearest.Of(each.name, each.known); near != "" {
			what = fmt.Sprintf("did you mean %s?", near)
		}
		if what == "" {
			told = append(told, each.path)
		} else {
			told = append(told, fmt.Sprintf("%s (%s)", each.path, what))
		}
	}
	if len(all) > policy.MaxFaults {
		told = append(told, "and more")
	}
	return told
}
