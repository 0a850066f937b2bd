package events

import (
	"regexp"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// The package time is more lenient: with hours of one digit, and a comma.
var timeText = regexp.MustCompile(
	`^\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3])(?::[0-5]\d){2}(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$`,
)

// timestampFromText reads a time (RFC 3339) of the years 1 to 9999, to the nanosecond. A leap second is none of the
// seconds that a Timestamp counts.
func timestampFromText(field, text string) (*timestamppb.Timestamp, error) {
	upper := strings.ToUpper(text)
	moment, err := time.Parse(time.RFC3339Nano, upper)
	if err != nil || !timeText.MatchString(upper) {
		return nil, newError(Invalid, field, "must be a time (RFC 3339)", err)
	}
	read := timestamppb.New(moment)
	if err := read.CheckValid(); err != nil {
		return nil, newError(Invalid, field, "must be a time in the years 1 to 9999", err)
	}
	return read, nil
}
