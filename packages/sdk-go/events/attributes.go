package events

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Spaces, tabs and line breaks of ASCII alone, so that every SDK cuts the same.
const whiteSpace = "\t\n\v\f\r "

// The names that the specification, or a field of the message, has already.
var takenNames = []string{
	"data", "datacontenttype", "id", "source", "specversion", "subject", "tenantid", "time", "type",
}

var extensionName = regexp.MustCompile(`^[a-z0-9]{1,20}$`)

func trimmed(text string) string {
	return strings.Trim(text, whiteSpace)
}

// optional is a text, trimmed.
func optional(field, text string) (string, error) {
	return trimmed(text), checkText(field, text)
}

// required is the same of a text that must not be empty.
func required(field, text string) (string, error) {
	text, err := optional(field, text)
	if err != nil {
		return "", err
	}
	if text == "" {
		return "", newError(Missing, field, "must not be empty", nil)
	}
	return text, nil
}

// checkedExtensions are those of an event that is made, trimmed, in a map of their own.
func checkedExtensions(extensions map[string]string) (map[string]string, error) {
	checked := make(map[string]string, len(extensions)+1)
	for _, name := range slices.Sorted(maps.Keys(extensions)) {
		field := "extensions." + name
		if !extensionName.MatchString(name) {
			return nil, newError(Invalid, field, "has a name that is not 1 to 20 of a-z and 0-9", nil)
		}
		if slices.Contains(takenNames, name) {
			return nil, newError(Invalid, field, "is an attribute, and no extension", nil)
		}
		value, err := required(field, extensions[name])
		if err != nil {
			return nil, err
		}
		checked[name] = value
	}
	return checked, nil
}
