// Package policy is the core of the SDK, as data and functions that decide: the built-in defaults, the
// layers that may change them, what a failure was, and whether a call is repeated. It does nothing else:
// no clock, no network, no randomness, no log.
package policy

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Protocol is what is spoken on the wire.
type Protocol string

// The protocols.
const (
	Connect Protocol = "connect"
	GRPC    Protocol = "grpc"
	GRPCWeb Protocol = "grpc-web"
)

// Preset is what the environment around the client already does.
type Preset string

// The presets.
const (
	Standalone Preset = "standalone"
	Mesh       Preset = "mesh"
)

// KeepAlive says when a connection of HTTP/2 is asked whether its peer is there.
type KeepAlive struct {
	IntervalMs int64
	TimeoutMs  int64
}

// Constants is every number of the policy of a behavior. What is not a field of Values stands beside
// its defaults.
type Constants struct {
	Defaults Values
	Budget   BudgetValues
	// SuccessRefund is how many tokens come back when a call ends well and paid for no retry.
	SuccessRefund  int64
	MaxMaxAttempts int64
	// MaxReadyDelayMs caps the backoff while nothing can be sent, so that a server that is back is
	// found soon.
	MaxReadyDelayMs   int64
	HintJitterCapMs   int64
	HintJitterDivisor int64
	// DeadlineMarginMs is how long before the deadline a wait must end.
	DeadlineMarginMs int64
	// MinWireTimeoutMs: with less time left, nothing is sent.
	MinWireTimeoutMs int64
	MaxWireTimeoutMs int64
	// AmbientMarginMs is what is kept back from an ambient deadline.
	AmbientMarginMs int64
	// AdvisoryRefreshMs is how long before it expires a token is renewed in the background.
	AdvisoryRefreshMs int64
	// AdvisoryLifeShare is the same as a share of the token's life; the smaller holds.
	AdvisoryLifeShare float64
	AdvisoryJitter    float64
	// MandatoryRefreshMs is how long before the old one expires a new token is waited for.
	MandatoryRefreshMs int64
	// MandatoryLifeShare is the same as a share of the token's life; the smaller holds.
	MandatoryLifeShare float64
	// FailedRefreshWaitMs is how long after a failure no renewal is begun in the background.
	FailedRefreshWaitMs int64
	// MinTokenUseMs is how long a token is used after it came, whatever it says of its end.
	MinTokenUseMs int64
	// MinExpiryMs is the least number that is read as milliseconds since the epoch, not seconds.
	MinExpiryMs int64
	// ProviderPauseMs is the least time from a provider's failure, or from a refused renewal, to the
	// next request.
	ProviderPauseMs int64
	// TokenJoinMs is the longest that calls wait for a request to the provider that another call began.
	TokenJoinMs int64
	// TokenJoinShare is the same as a share of the time the call has left; the smaller holds.
	TokenJoinShare float64
	// TokenTimeoutMs is the longest wait for a token, and the deadline a provider is told.
	TokenTimeoutMs int64
	// MaxTokenRequests is how many requests to one provider are under way at once.
	MaxTokenRequests int64
	// MaxTokens is how many tokens a client and those derived from it keep.
	MaxTokens int64
	// MaxMessageBytes is the longest message of an error, and the longest text read from its details,
	// in bytes of UTF-8.
	MaxMessageBytes int64
	// MaxDetails is how many details of an error are looked at.
	MaxDetails int64
	// MaxDetailBytes is how many bytes of details of one kind are read.
	MaxDetailBytes int64
	// MaxEntries is how many entries of a list or a map in a detail are read, and headers told in an event.
	MaxEntries int64
	// MaxPrintedEntries is how many entries of a list or a map are printed.
	MaxPrintedEntries int64
	// MaxPrintedTextBytes is the longest text of an entry that is printed, in bytes of UTF-8.
	MaxPrintedTextBytes int64
	MaxUserAgentBytes   int64
	ReadMaxBytes        int64
	// ConnectTimeoutMs is the longest time for a connection to be made.
	ConnectTimeoutMs int64
	// MaxGetURLLength is from what length of its address, in characters, a GET is sent as POST.
	MaxGetURLLength int64
	// KeepAlive is when a connection of HTTP/2 is asked whether its peer is there.
	KeepAlive KeepAlive
	// MaxHTTP2Connections is how many connections of HTTP/2 to one origin take calls.
	MaxHTTP2Connections int64
	// DrainTimeoutMs is how long a client that is drained waits for its calls.
	DrainTimeoutMs int64
	// Presets is what each preset changes of the defaults.
	Presets map[Preset]Part
}

// Behavior1 is a copy of the built-in defaults of behavior version 1. A changed number is a new version.
func Behavior1() *Constants {
	var mesh Part
	mesh.Set(MaxAttempts, int64(1))
	return &Constants{
		Defaults:            defaults(),
		Budget:              budgetDefaults(),
		SuccessRefund:       1,
		MaxMaxAttempts:      5,
		MaxReadyDelayMs:     1_000,
		HintJitterCapMs:     1_000,
		HintJitterDivisor:   10,
		DeadlineMarginMs:    1,
		MinWireTimeoutMs:    1,
		MaxWireTimeoutMs:    9_999_999_999,
		AmbientMarginMs:     5,
		AdvisoryRefreshMs:   120_000,
		AdvisoryLifeShare:   0.5,
		AdvisoryJitter:      0.1,
		MandatoryRefreshMs:  30_000,
		MandatoryLifeShare:  0.25,
		FailedRefreshWaitMs: 5_000,
		MinTokenUseMs:       1_000,
		MinExpiryMs:         100_000_000_000,
		ProviderPauseMs:     1_000,
		TokenJoinMs:         3_000,
		TokenJoinShare:      0.5,
		TokenTimeoutMs:      30_000,
		MaxTokenRequests:    16,
		MaxTokens:           1_000,
		MaxMessageBytes:     1_024,
		MaxDetails:          32,
		MaxDetailBytes:      64 * 1_024,
		MaxEntries:          100,
		MaxPrintedEntries:   10,
		MaxPrintedTextBytes: 256,
		MaxUserAgentBytes:   256,
		ReadMaxBytes:        ClientNumber(ReadMaxBytes).Default,
		ConnectTimeoutMs:    ClientNumber(ConnectTimeoutMs).Default,
		// RFC 9110, section 4.1: what all should be able to receive.
		MaxGetURLLength: 8_000,
		KeepAlive: KeepAlive{
			IntervalMs: ClientNumber(KeepAliveIntervalMs).Default,
			TimeoutMs:  ClientNumber(KeepAliveTimeoutMs).Default,
		},
		MaxHTTP2Connections: 10,
		DrainTimeoutMs:      ClientNumber(DrainTimeoutMs).Default,
		Presets:             map[Preset]Part{Standalone: {}, Mesh: mesh},
	}
}

// Behaviors are the built-in defaults by behavior version. Old versions stay selectable.
var Behaviors = map[int64]*Constants{1: Behavior1()}

// Part is some of Values: those that are stated. Its zero value states nothing.
type Part struct {
	values Values
	stated uint32
}

// Set states a value, which has to have the type of its field.
func (p *Part) Set(field Field, value any) {
	Rows[field].set(&p.values, value)
	p.stated |= 1 << field
}

// SetWord states a value that is one of a few words.
func (p *Part) SetWord(field Field, word string) {
	switch field {
	case IdempotencyLevel:
		p.Set(field, Idempotency(word))
	case IdempotencyKey:
		p.Set(field, KeyMode(word))
	case TenantModeField:
		p.Set(field, TenantMode(word))
	case AuthModeField:
		p.Set(field, AuthMode(word))
	}
}

// Has says whether a value is stated.
func (p *Part) Has(field Field) bool { return p.stated&(1<<field) != 0 }

// Get is a value, which is that of Values' zero where nothing is stated.
func (p *Part) Get(field Field) any { return Rows[field].get(&p.values) }

// Number is a stated number: a time limit or a whole number.
func (p *Part) Number(field Field) (value int64, stated bool) {
	value, _ = p.Get(field).(int64)
	return value, p.Has(field)
}

// Clear takes a value back.
func (p *Part) Clear(field Field) { p.stated &^= 1 << field }

// IsEmpty says whether nothing is stated.
func (p *Part) IsEmpty() bool { return p.stated == 0 }

// Over states what it does not state itself as another does.
func (p *Part) Over(farther *Part) {
	for field := range fields {
		if farther.Has(field) && !p.Has(field) {
			Rows[field].copy(&p.values, &farther.values)
			p.stated |= 1 << field
		}
	}
}

// On is some values with those that are stated.
func (p *Part) On(values Values) Values {
	for field := range fields {
		if p.Has(field) {
			Rows[field].copy(&values, &p.values)
		}
	}
	return values
}

// Without takes back what another states, too.
func (p *Part) Without(nearer *Part) { p.stated &^= nearer.stated }

// Layer is some values, and where they come from.
type Layer struct {
	// Source is named in explanations, for example "code: client".
	Source string
	Values Part
}

// Sources says of each of Values where it comes from.
type Sources [fields]string

// Effective is the policy of a method, and where each value comes from.
type Effective struct {
	Values  Values
	Sources Sources
}

// Get is a value.
func (v *Values) Get(field Field) any { return Rows[field].get(v) }

// Fields lists the fields of Values, in their order.
func Fields() []Field {
	all := make([]Field, fields)
	for field := range fields {
		all[field] = field
	}
	return all
}

// Resolve lays layers over each other, the strongest first, and all over the values of a last one.
func Resolve(layers []Layer, last string, values Values) Effective {
	effective := Effective{Values: values}
	for field := range fields {
		effective.Sources[field] = last
		for i := range layers {
			if layers[i].Values.Has(field) {
				Rows[field].copy(&effective.Values, &layers[i].Values.values)
				effective.Sources[field] = layers[i].Source
				break
			}
		}
	}
	return effective
}

// Selected is an entry that selects a method, and the selector it has.
type Selected[T any] struct {
	Selector string
	Entry    T
}

// Select finds the entries that select a method, the most specific first: the method
// (acme.v1.Billing/Charge), then its service (acme.v1.Billing). The same lookup as gRPC's methodConfig.
func Select[T any](entries map[string]T, service, method string) []Selected[T] {
	var found []Selected[T]
	for _, selector := range []string{service + "/" + method, service} {
		if entry, ok := entries[selector]; ok {
			found = append(found, Selected[T]{selector, entry})
		}
	}
	return found
}

// CanonicalJSON is the canonical JSON of a policy (RFC 8785): its hash is the same in every language. What is no limit,
// and no field, is null.
func (v *Values) CanonicalJSON() string {
	members := make(map[string]any, fields)
	for field := range fields {
		members[field.String()] = v.JSON(field)
	}
	return JSON(members)
}

// JSON is a value as JSON has it: nil for no limit and no field.
func (v *Values) JSON(field Field) any {
	switch value := v.Get(field).(type) {
	case int64:
		if value == NoLimit {
			return nil
		}
		return value
	case string:
		if value == "" {
			return nil
		}
		return value
	case []string, bool:
		return value
	case Idempotency:
		return string(value)
	case KeyMode:
		return string(value)
	case TenantMode:
		return string(value)
	case AuthMode:
		return string(value)
	default:
		return value
	}
}

// JSON is the canonical JSON (RFC 8785) of nil, a bool, an int64 of at most 2^53, a string, []string, or a map of those
// with names of ASCII.
func JSON(value any) string { return string(appendJSON(nil, value)) }

func appendJSON(out []byte, value any) []byte {
	switch value := value.(type) {
	case nil:
		return append(out, "null"...)
	case bool:
		return strconv.AppendBool(out, value)
	case int64:
		return strconv.AppendInt(out, value, 10)
	case string:
		return appendText(out, value)
	case []string:
		out = append(out, '[')
		for i, each := range value {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendText(out, each)
		}
		return append(out, ']')
	case map[string]any:
		out = append(out, '{')
		for i, name := range slices.Sorted(maps.Keys(value)) {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(appendText(out, name), ':')
			out = appendJSON(out, value[name])
		}
		return append(out, '}')
	}
	panic(fmt.Sprintf("policy: no JSON of a %T", value))
}

// RFC 8785, section 3.2.2.2. What is no UTF-8 becomes the replacement character.
func appendText(out []byte, text string) []byte {
	out = append(out, '"')
	for _, char := range text {
		switch {
		case char == '"' || char == '\\':
			out = append(out, '\\', byte(char))
		case char == '\b':
			out = append(out, `\b`...)
		case char == '\f':
			out = append(out, `\f`...)
		case char == '\n':
			out = append(out, `\n`...)
		case char == '\r':
			out = append(out, `\r`...)
		case char == '\t':
			out = append(out, `\t`...)
		case char < ' ':
			out = fmt.Appendf(out, `\u%04x`, char)
		default:
			out = utf8.AppendRune(out, char)
		}
	}
	return append(out, '"')
}
