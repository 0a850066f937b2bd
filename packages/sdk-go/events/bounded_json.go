package events

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

const (
	// The bytes of a text that is read, unless another limit is stated.
	maxBytes = 1_048_576
	// The arrays and objects within each other in a text that is read.
	maxDepth = 32
	// The same in data and payloads, so that they can be read again inside of a message inside of an event.
	maxDataDepth = maxDepth - 2
)

// checkJSON looks at JSON that anybody may have written: at its length and depth before it is parsed, as a parser may
// end at some depth of its own, and at the names in it.
func checkJSON(field string, text []byte, most int) error {
	switch {
	case text == nil:
		return newError(Nil, field, "is not given", nil)
	case len(text) > most:
		return newError(TooLarge, field, fmt.Sprintf("has more than %d bytes", most), nil)
	case !utf8.Valid(text):
		return newError(Invalid, field, "is not UTF-8", nil)
	case depthOf(text) > maxDepth:
		return newError(TooLarge, field, fmt.Sprintf("is nested more than %d deep", maxDepth), nil)
	case !json.Valid(text):
		return newError(Invalid, field, "is not JSON", nil)
	}
	return checkNames(field, text)
}

func depthOf(text []byte) int {
	depth, deepest, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch char := text[i]; {
		case quoted && char == '\\':
			i++
		case char == '"':
			quoted = !quoted
		case quoted:
		case char == '{' || char == '[':
			depth++
			deepest = max(deepest, depth)
		case char == '}' || char == ']':
			depth--
		}
	}
	return deepest
}

func tooDeep(field string) error {
	return newError(TooLarge, field, fmt.Sprintf("is nested more than %d deep", maxDataDepth), nil)
}
