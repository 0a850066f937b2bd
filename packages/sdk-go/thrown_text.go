package ameide

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// thrownText is what an error says, along its causes: each text once; empty where it says nothing. No query, user or
// password of an address stands in it, and no control character.
func thrownText(err error) string {
	return joinedText(err, func(text string) string { return text })
}

func joinedText(err error, hide func(string) string) string {
	var texts []string
	for _, each := range causesOf(err) {
		text := strings.TrimSpace(firstRunes(hide(clean(ownText(each))), policy.MaxThrownCharacters))
		if text == "" || len(texts) == policy.MaxThrownTexts || isTold(texts, text) {
			continue
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ": ")
}

// An error that wraps another mostly has its text in its own.
func isTold(texts []string, text string) bool {
	for _, known := range texts {
		if strings.Contains(known, text) {
			return true
		}
	}
	return false
}

// Connect puts the code before the message of its own.
func ownText(err error) string {
	switch err := err.(type) {
	case *connect.Error:
		return err.Message()
	case *Error:
		return err.Message
	case *url.Error:
		// Of an http.Client: its text has the address, with all that is in it.
		return ""
	default:
		return networkText(err)
	}
}

var (
	// Cut off, it has no end.
	pemText = regexp.MustCompile(`-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|$)`)
	// client_secret=…, "access_token":"…", SecretAccessKey: …, Authorization: Bearer …
	namedText = regexp.MustCompile(`(?i)((?:(?:token|assertion|code|credential)["']?\s*=|(?:token|assertion|code|credential)["']\s*:|` +
		`(?:secret(?:[-_]?access)?(?:[-_]?key)?|passw(?:or)?d|pwd|(?:api|access|private)[-_]?key|authorization)["']?\s*[=:])` +
		`\s*["']?(?:(?:bearer|basic)\s+)?)[^\s"'&,;)\]}]+`)
	jwtText = regexp.MustCompile(`\beyJ[\w-]+(?:\.[\w-]*)*`)
	// Letters and digits without a break, longer than words and identifiers are.
	opaqueText = regexp.MustCompile(`[\w+=]{16,}`)
	digit      = regexp.MustCompile(`\d`)
	letter     = regexp.MustCompile(`(?i)[a-z]`)
	// Part of an address or a token, which may not look like one.
	lastRun     = regexp.MustCompile(`[^\s"'<>()]*$`)
	addressText = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://[^\s"'<>()]+`)
)

// thrownTextWithoutTokens is the same without what looks like a credential, for errors of code that has some.
func thrownTextWithoutTokens(err error) string {
	// One text may end in the name of a secret, and the next be the secret.
	return withoutTokens(joinedText(err, withoutTokens))
}

func withoutTokens(text string) string {
	text = pemText.ReplaceAllString(text, "REDACTED")
	text = namedText.ReplaceAllString(text, "${1}REDACTED")
	text = jwtText.ReplaceAllString(text, "REDACTED")
	return opaqueText.ReplaceAllStringFunc(text, func(run string) string {
		if digit.MatchString(run) && letter.MatchString(run) {
			return "REDACTED"
		}
		return run
	})
}

// What is hidden makes room for what follows it.
const readThrownCharacters = 4 * policy.MaxThrownCharacters

func clean(text string) string {
	if read := firstRunes(text, readThrownCharacters); len(read) < len(text) {
		text = lastRun.ReplaceAllString(read, "")
	}
	text = addressText.ReplaceAllStringFunc(text, withoutSecrets)
	spaced := strings.Builder{}
	last := rune(-1)
	for _, r := range text {
		if unicode.In(r, unicode.Cc, unicode.Cf) {
			r = '\x00'
		}
		if r != '\x00' {
			spaced.WriteRune(r)
		} else if last != '\x00' {
			spaced.WriteRune(' ')
		}
		last = r
	}
	return strings.TrimSpace(spaced.String())
}

func firstRunes(text string, most int) string {
	for i := range text {
		if most == 0 {
			return text[:i]
		}
		most--
	}
	return text
}

func withoutSecrets(address string) string {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" {
		return "an address"
	}
	return parsed.Scheme + "://" + parsed.Host + parsed.EscapedPath()
}
