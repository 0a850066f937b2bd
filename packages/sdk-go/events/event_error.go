package events

// A Code is the kind of an [Error], the same in every SDK. [errors.Is] finds it in an error.
type Code string

const (
	// Nil means that nothing was given where something is needed.
	Nil Code = "nil"
	// Missing means that what is needed is empty, or not there.
	Missing Code = "missing"
	// Mismatch means that the data is another message, or of another tenant.
	Mismatch Code = "mismatch"
	// Invalid means that a value is not what it must be, or a text is not readable.
	Invalid Code = "invalid"
	// TooLarge means that a text has too many bytes, or is nested too deeply.
	TooLarge Code = "too_large"
	// Unsupported means that a version is not known.
	Unsupported Code = "unsupported"
)

// Error is the code.
func (c Code) Error() string { return string(c) }

// An Error is what the functions of this package fail with.
type Error struct {
	// Code is the kind of the error.
	Code Code
	// Field is what is wrong, by its name in the proto: "source", "data", "extensions.traceparent".
	Field string

	rule  string
	cause error
}

// Error says what is wrong, and what must be.
func (e *Error) Error() string { return e.Field + ": " + e.rule }

// Unwrap is what another package found, or nil.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is the code of the error.
func (e *Error) Is(target error) bool { return target == error(e.Code) }

func newError(code Code, field, rule string, cause error) *Error {
	return &Error{Code: code, Field: field, rule: rule, cause: cause}
}
