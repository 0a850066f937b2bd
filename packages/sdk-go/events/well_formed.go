package events

import (
	"strconv"
	"unicode/utf8"
)

// checkText checks a text that is made.
func checkText(field, text string) error {
	if !utf8.ValidString(text) {
		return newError(Invalid, field, "is not UTF-8", nil)
	}
	return nil
}

// checkEscapes checks the texts in valid JSON: a surrogate without its other half has no UTF-8, and encoding/json puts
// U+FFFD for it.
func checkEscapes(field string, text []byte) error {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		switch half := escaped(text[i:]); {
		case half < 0xd800 || half > 0xdfff:
			i++
		case half < 0xdc00 && isLowHalf(escaped(text[i+len(`\ud800`):])):
			i += len(`\ud800\udc0`)
		default:
			return newError(Invalid, field, "has a surrogate without its other half", nil)
		}
	}
	return nil
}

func isLowHalf(unit uint64) bool { return unit >= 0xdc00 && unit <= 0xdfff }

// escaped is the number of what is escaped as \uFFFF at the start of a text; 0 of any other.
func escaped(text []byte) uint64 {
	if len(text) < len(`\ud800`) || text[0] != '\\' || text[1] != 'u' {
		return 0
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 32)
	if err != nil {
		return 0
	}
	return unit
}
