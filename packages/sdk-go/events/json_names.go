package events

import (
	"encoding/json"
	"slices"
)

// checkNames checks the names of members: a parser keeps the last of two that are equal, and whoever reads the text next
// may keep the first. The text is valid JSON.
func checkNames(field string, text []byte) error {
	// The names of each object that is open, outermost first; nil for an array.
	var open []map[string]bool
	isName := false
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{':
			open, isName = append(open, map[string]bool{}), true
		case '[':
			open, isName = append(open, nil), false
		case '}', ']':
			open = open[:len(open)-1]
		case ',':
			isName = open[len(open)-1] != nil
		case '"':
			start := i
			i = endOfText(text, start)
			if isName {
				if err := addName(field, open[len(open)-1], text[start:i+1]); err != nil {
					return err
				}
				isName = false
			}
		}
	}
	return nil
}

func endOfText(text []byte, start int) int {
	end := start + 1
	for text[end] != '"' {
		if text[end] == '\\' {
			end++
		}
		end++
	}
	return end
}

func addName(field string, names map[string]bool, quoted []byte) error {
	name := string(quoted[1 : len(quoted)-1])
	if slices.Contains(quoted, '\\') {
		if err := json.Unmarshal(quoted, &name); err != nil {
			return newError(Invalid, field, "is not JSON", err)
		}
	}
	if err := checkEscapes(field, quoted); err != nil {
		return err
	}
	if names[name] {
		return newError(Invalid, field, "has two members named "+string(firstRunes(name, 64)), nil)
	}
	names[name] = true
	return nil
}
