package ameide

import (
	"slices"
	"testing"
)

func TestRecentMap(t *testing.T) {
	var left []string
	recent := newRecentMap[int](2, func(value string) { left = append(left, value) })
	get := func(key int, value string) string { return recent.get(key, func() string { return value }) }
	get(1, "a")
	get(2, "b")
	if value := get(1, "never"); value != "a" {
		t.Error(value)
	}
	get(3, "c")
	if !slices.Equal(left, []string{"b"}) || !slices.Equal(recent.values(), []string{"a", "c"}) {
		t.Errorf("%v left, %v are kept", left, recent.values())
	}
	recent.clear()
	if value := get(1, "anew"); value != "anew" {
		t.Error(value)
	}
}

func TestSeenTokens(t *testing.T) {
	seen := newSeenTokens()
	if seen.has("") {
		t.Error("a token was seen before the first")
	}
	// A loop of tokens that are too long to be kept is found by the mark.
	tokens := []string{"a", "b", "c"}
	for i := range tokens {
		tokens[i] += string(make([]byte, 1<<20))
	}
	for count := 1; ; count++ {
		token := tokens[(count-1)%3]
		if seen.has(token) {
			break
		}
		if count > 20 {
			t.Fatal("the loop is not found")
		}
		seen.add(token, count)
	}
}
