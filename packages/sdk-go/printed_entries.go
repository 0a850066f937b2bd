package ameide

import (
	"fmt"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// printedList is a list as it is printed: the first entries, and one like them that says how many more there are.
//
// print makes an entry printable; more makes the last one.
func printedList[T any](all entries[T], bounds *policy.Constants, print func(T) T, more func(count string) T) []T {
	shown := make([]T, 0, len(all.first))
	for _, entry := range all.first[:min(len(all.first), int(bounds.MaxPrintedEntries))] {
		shown = append(shown, print(entry))
	}
	if left := all.count - len(shown); left > 0 {
		shown = append(shown, more(fmt.Sprintf("%d more", left)))
	}
	return shown
}

// printedMap is the same of a map.
func printedMap(all entries[[2]string], bounds *policy.Constants) map[string]string {
	print := func(pair [2]string) [2]string {
		return [2]string{summary(pair[0], bounds.MaxPrintedTextBytes), summary(pair[1], bounds.MaxPrintedTextBytes)}
	}
	return mapOf(printedList(all, bounds, print, func(count string) [2]string { return [2]string{"…", count} }))
}

// printedDetails are types and sizes of raw details, which tell of those that were not read.
func printedDetails(details []*connect.ErrorDetail, bounds *policy.Constants, secrets []string) []string {
	shown := make([]string, 0, min(len(details), int(bounds.MaxPrintedEntries)+1))
	for _, detail := range details[:min(len(details), int(bounds.MaxPrintedEntries))] {
		text := fmt.Sprintf("%d bytes of %s", len(detail.Bytes()), detail.Type())
		shown = append(shown, summary(redact(text, secrets, bounds.MaxMessageBytes), bounds.MaxPrintedTextBytes))
	}
	if left := len(details) - len(shown); left > 0 {
		shown = append(shown, fmt.Sprintf("… %d more", left))
	}
	return shown
}
