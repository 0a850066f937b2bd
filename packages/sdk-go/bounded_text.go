package ameide

import (
	"regexp"
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
const minSecretLength = 8

// redact leaves out of a text secrets of ours that a server has put into it, in whatever case.
func redact(text string, secrets []string) string {
	for _, secret := range secrets {
		if len(secret) >= minSecretLength {
			text = redacted(text, secret)
		}
	}
	return text
}

func redacted(text, secret string) string {
	// Most texts have none, and a pattern takes its time.
	if len(secret) > len(text) {
		return text
	}
	return regexp.MustCompile("(?i)"+regexp.QuoteMeta(secret)).ReplaceAllLiteralString(text, "REDACTED")
}
