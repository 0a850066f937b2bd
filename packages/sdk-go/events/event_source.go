package events

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ameideio/ameide-sdk-go/internal/uuid"
)

// A MakeOption says where times and ids that are left out come from.
type MakeOption func(*eventSource)

type eventSource struct {
	now   func() time.Time
	newID func() string
}

// WithClock sets the clock. Default: [time.Now], which is virtual in a bubble of testing/synctest.
func WithClock(now func() time.Time) MakeOption {
	return func(s *eventSource) { s.now = now }
}

// WithNewID sets what makes ids. Default: a UUIDv7 (RFC 9562) of the clock's time.
func WithNewID(newID func() string) MakeOption {
	return func(s *eventSource) { s.newID = newID }
}

func eventSourceOf(options []MakeOption) *eventSource {
	s := &eventSource{now: time.Now}
	s.newID = func() string { return uuid.V7(s.now(), uuid.RandomBytes) }
	for _, option := range options {
		option(s)
	}
	return s
}

// timestamp is a moment, in UTC as every Timestamp is; now where it is zero.
func (s *eventSource) timestamp(field string, moment time.Time) (*timestamppb.Timestamp, error) {
	if moment.IsZero() {
		moment = s.now()
	}
	made := timestamppb.New(moment)
	if err := made.CheckValid(); err != nil {
		return nil, newError(Invalid, field, "must be a time in the years 1 to 9999", err)
	}
	return made, nil
}
