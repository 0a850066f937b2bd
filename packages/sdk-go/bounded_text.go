package ameide

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printable is a text for logs and terminals: a space in the place of each character that moves a terminal's cursor,
// begins a line of its own in a log, or turns the direction of writing.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if isControl(r) {
			return ' '
		}
		return r
	}, text)
}

func isControl(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// formatText prints a text by the verb of anything: as a string where that is none for strings.
func formatText(to fmt.State, verb rune, text string) {
	switch verb {
	case 'q', 'x', 'X':
	default:
		verb = 's'
	}
	_, _ = fmt.Fprintf(to, fmt.FormatString(to, verb), text)
}

// truncate cuts on a code point.
func truncate(text string, maxBytes int64) string {
	if int64(len(text)) <= maxBytes {
		return text
	}
	cut := int(maxBytes)
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut]
}

// summary is both, and a sign where something was cut off.
func summary(text string, maxBytes int64) string {
	kept := truncate(text, maxBytes)
	if len(kept) < len(text) {
		kept += "…"
	}
	return printable(kept)
}

// What is shorter may well be part of a word.
const minSecretLength = len(redactedWord)

const redactedWord = "REDACTED"

// redact is the first bytes of a text, as valid UTF-8, without secrets of ours that a server has put into it, in whatever case. However
// long the text is, only a few times as much is read.
func redact(text string, secrets []string, maxBytes int64) string {
	longest := 0
	for _, secret := range secrets {
		longest = max(longest, len(secret))
	}
	// A letter of ASCII is the other case of one that takes up to three bytes (U+212A).
	room := int64(3 * longest)
	// What is left out makes room for what follows it.
	start := truncate(text, 4*maxBytes+room)
	isCut := len(start) < len(text)
	// Connect quotes what it could not read.
	start = strings.ToValidUTF8(start, "\uFFFD")
	for _, secret := range secrets {
		if len(secret) >= minSecretLength {
			start = redacted(start, secret)
		}
	}
	if isCut {
		// What is left of a secret that was cut off is among the last bytes: no secret is shorter than what replaces it.
		start = truncate(start, max(0, int64(len(start))-room))
	}
	return truncate(start, maxBytes)
}

// redacted is a text without a secret, in whatever case. It is no pattern: a secret may have more characters than an
// engine compiles.
func redacted(text, secret string) string {
	if len(secret) > len(text) {
		return text
	}
	within, starts := folded(text)
	sought, _ := folded(secret)
	var kept strings.Builder
	from, at := 0, 0
	for {
		next := strings.Index(within[at:], sought)
		if next < 0 {
			break
		}
		kept.WriteString(text[from:starts[at+next]])
		kept.WriteString(redactedWord)
		at += next + len(sought)
		from = starts[at]
	}
	if from == 0 {
		return text
	}
	kept.WriteString(text[from:])
	return kept.String()
}

// folded is a text in one case, and for each byte of it, and its end, the byte of the text that it is of: the cases of
// a letter may differ in length.
func folded(text string) (string, []int) {
	var within strings.Builder
	within.Grow(len(text))
	starts := make([]int, 0, len(text)+1)
	for at, r := range text {
		within.WriteRune(unicode.ToLower(unicode.ToUpper(r)))
		for len(starts) < within.Len() {
			starts = append(starts, at)
		}
	}
	return within.String(), append(starts, len(text))
}
