// Package nearest finds the name that was meant by one that is not known.
package nearest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// DidYouMean is "did you mean maxAttempts? It ", before what is wrong with a name that is nearly one of those that are
// known; else nothing.
func DidYouMean(name string, known []string) string {
	nearest := Of(name, known)
	if nearest == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %s? It ", nearest)
}

// Longer names are not looked at: the work grows with the square of their length.
const maxNameLength = 256

// Of is the name somebody may have meant; empty where there is none.
func Of(name string, known []string) string {
	if len(name) > maxNameLength {
		return ""
	}
	nearest := ""
	lower := []rune(strings.ToLower(name))
	least := min(3, len(lower)/3+1)
	for _, each := range known {
		if edits := distance(lower, []rune(strings.ToLower(each)), least); edits < least {
			least, nearest = edits, each
		}
	}
	return nearest
}

// First are the names that are near, the nearest first: at most half of the letters differ, or one name contains the
// other.
func First(name string, known []string) []string {
	if len(name) > maxNameLength {
		return nil
	}
	type candidate struct {
		name string
		far  float64
	}
	lower := strings.ToLower(name)
	var found []candidate
	for _, each := range known {
		if far := farness(lower, strings.ToLower(each)); far <= 0.5 {
			found = append(found, candidate{each, far})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.far, b.far), strings.Compare(a.name, b.name))
	})
	names := make([]string, len(found))
	for i, each := range found {
		names[i] = each.name
	}
	return names
}

// The part of the letters in which two names differ.
func farness(a, b string) float64 {
	if strings.Contains(a, b) || strings.Contains(b, a) {
		return 0
	}
	one, other := []rune(a), []rune(b)
	longest := max(len(one), len(other))
	return float64(distance(one, other, longest+1)) / float64(longest)
}

// Letters put in, left out, mistaken or swapped with their neighbor; not counted beyond enough.
func distance(a, b []rune, enough int) int {
	if max(len(a)-len(b), len(b)-len(a)) >= enough {
		return enough
	}
	last := make([]int, len(b)+1)
	row := make([]int, len(b)+1)
	next := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			next[j] = min(row[j-1]+change, row[j]+1, next[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], last[j-2]+1)
			}
		}
		last, row, next = row, next, last
	}
	return row[len(b)]
}
