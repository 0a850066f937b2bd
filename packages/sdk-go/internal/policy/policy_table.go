package policy

// NoLimit is a limit that is none, in milliseconds: no deadline, no timeout.
const NoLimit = int64(1<<63 - 1)

// MaxSafe is the greatest number that every language holds exactly (RFC 7493, section 2.2).
const MaxSafe = int64(1<<53 - 1)

// Idempotency says how repeating a call relates to calling once. From idempotency_level.
type Idempotency string

// The levels of idempotency.
const (
	NoSideEffects      Idempotency = "no_side_effects"
	Idempotent         Idempotency = "idempotent"
	UnknownIdempotency Idempotency = "unknown"
)

// KeyMode says whether an idempotency key is attached where the proto of the method asks for one.
type KeyMode string

// The modes of idempotency keys.
const (
	KeyAuto KeyMode = "auto"
	KeyOff  KeyMode = "off"
)

// TenantMode says whether a call carries a tenant. From ameide.policy.v1.tenant.
type TenantMode string

// The modes of tenants.
const (
	TenantRequired  TenantMode = "required"
	TenantOptional  TenantMode = "optional"
	TenantForbidden TenantMode = "forbidden"
)

// AuthMode says whether the client's credential is attached.
type AuthMode string

// The modes of authentication.
const (
	AuthBearer AuthMode = "bearer"
	AuthNone   AuthMode = "none"
)

// Kind says which side of a method streams.
type Kind string

// The kinds of methods.
const (
	Unary           Kind = "unary"
	ServerStreaming Kind = "server_streaming"
	ClientStreaming Kind = "client_streaming"
	BidiStreaming   Kind = "bidi_streaming"
)

// Values is the effective policy of one method. Durations are whole milliseconds, and NoLimit is none.
type Values struct {
	// TimeoutMs is the overall deadline of a call. Built in for unary calls only.
	TimeoutMs int64
	// AttemptTimeoutMs is the longest time of one unary attempt while another may follow.
	AttemptTimeoutMs int64
	// FirstMessageTimeoutMs is the longest wait for the first message of a stream.
	FirstMessageTimeoutMs int64
	// IdleTimeoutMs is the longest wait between two messages of a stream.
	IdleTimeoutMs int64
	// Retry is false where nothing is repeated, not even transparently.
	Retry bool
	// MaxAttempts counts the attempts of one call, the first included.
	MaxAttempts int64
	// BaseDelayMs is the base of the exponential backoff.
	BaseDelayMs int64
	// ThrottleDelayMs is the base of the backoff after a throttle.
	ThrottleDelayMs int64
	// MaxDelayMs is the cap of the computed backoff.
	MaxDelayMs int64
	// MaxServerDelayMs is the longest wait a server may ask for.
	MaxServerDelayMs int64
	// RetryableCodes are retried beyond the standard ones, in Connect's spelling, sorted.
	RetryableCodes []string
	// RequireIdempotency is true where a method of unknown idempotency without a key is repeated
	// only if nothing was sent.
	RequireIdempotency bool
	// WaitForReady is true where a call goes on until its deadline while nothing was sent.
	WaitForReady bool
	// Idempotency of the method.
	Idempotency Idempotency
	// CarriesIdempotencyKey says whether the proto of the method asks for an idempotency key.
	CarriesIdempotencyKey bool
	// RequestIDField is the request field that names the request (AIP-155), by its proto name;
	// empty for none.
	RequestIDField string
	// IdempotencyKey says whether a key is attached where the proto of the method asks for one.
	IdempotencyKey KeyMode
	// TenantMode says whether a call carries a tenant.
	TenantMode TenantMode
	// AuthMode says whether the client's credential is attached.
	AuthMode AuthMode
	// Scopes are given to the token provider (OAuth 2.0, RFC 6749, section 3.3).
	Scopes []string
	// LongLived is a stream that is meant to stay open.
	LongLived bool
}

// Field names one of Values.
type Field uint8

// The fields of Values, in their order.
const (
	TimeoutMs Field = iota
	AttemptTimeoutMs
	FirstMessageTimeoutMs
	IdleTimeoutMs
	Retry
	MaxAttempts
	BaseDelayMs
	ThrottleDelayMs
	MaxDelayMs
	MaxServerDelayMs
	RetryableCodes
	RequireIdempotency
	WaitForReady
	IdempotencyLevel
	CarriesIdempotencyKey
	RequestIDField
	IdempotencyKey
	TenantModeField
	AuthModeField
	Scopes
	LongLived
	fields
)

// String is the name of a field as options and explanations have it: timeoutMs.
func (f Field) String() string { return Rows[f].Name }

// Is says what a value is.
type Is string

// What values are.
const (
	// IsTimeout is a number of milliseconds, at least 1.
	IsTimeout Is = "timeout"
	// IsInteger is a whole number between bounds.
	IsInteger Is = "integer"
	// IsWord is one of a few words that code states, too.
	IsWord Is = "word"
	IsFlag Is = "flag"
	// IsCodes is a list of codes in Connect's spelling.
	IsCodes Is = "codes"
	// IsEnum is a word of the field's enum.
	IsEnum  Is = "enum"
	IsText  Is = "text"
	IsTexts Is = "texts"
)

// Rule says what a value is, and between which bounds.
type Rule struct {
	Is Is
	// Min and Max bound an integer.
	Min, Max int64
	// ToMaxMaxAttempts says that Max is a number of the behavior itself.
	ToMaxMaxAttempts bool
	// Words of a word.
	Words []string
}

// Place says where options have a value.
type Place string

// Places of options.
const (
	// Nowhere: code cannot state it.
	Nowhere    Place = ""
	InSettings Place = "settings"
	InRetry    Place = "retry"
	// AsRetry is WithoutRetry.
	AsRetry Place = "retry: false"
)

// Row is what is known of one of Values.
type Row struct {
	Rule
	// Name in options and explanations: timeoutMs.
	Name string
	// BuiltInFor lists the kinds of method that have the default; others have no limit. Empty: all.
	BuiltInFor []Kind
	// For lists the kinds of method it does something for. Empty: all.
	For []Kind
	// Option says where code states it.
	Option Place
	// Document is its path in ameide.policy.v1.MethodPolicy, in the names of JSON. Empty: a document
	// cannot state it.
	Document string
	// Environment is the variable that states it, if one does.
	Environment string

	standard any
	access
}

// Reads and writes one of Values.
type access struct {
	get  func(*Values) any
	set  func(*Values, any)
	copy func(to, from *Values)
}

func at[T any](field func(*Values) *T) access {
	return access{
		get:  func(v *Values) any { return *field(v) },
		set:  func(v *Values, value any) { *field(v) = value.(T) },
		copy: func(to, from *Values) { *field(to) = *field(from) },
	}
}

var (
	timeout  = Rule{Is: IsTimeout, Min: 1, Max: MaxSafe}
	atLeast1 = Rule{Is: IsInteger, Min: 1, Max: MaxSafe}
	flag     = Rule{Is: IsFlag}
	costRule = Rule{Is: IsInteger, Min: 1, Max: 10_000}
)

// Rows is the policy of a method, once: what each value is, between which bounds, what it is by
// default, and where it is stated. Checks of options, the policy document, the environment and the
// layers are made from it. By Field, in the order of explanations.
var Rows = [fields]Row{
	TimeoutMs: {
		Name: "timeoutMs", Rule: timeout, standard: int64(30_000), BuiltInFor: []Kind{Unary},
		Option: InSettings, Document: "timeoutMs", Environment: "AMEIDE_TIMEOUT_MS",
		access: at(func(v *Values) *int64 { return &v.TimeoutMs }),
	},
	AttemptTimeoutMs: {
		Name: "attemptTimeoutMs", Rule: timeout, standard: int64(10_000), For: []Kind{Unary},
		Option: InSettings, Document: "attemptTimeoutMs",
		access: at(func(v *Values) *int64 { return &v.AttemptTimeoutMs }),
	},
	FirstMessageTimeoutMs: {
		Name: "firstMessageTimeoutMs", Rule: timeout, standard: int64(30_000), For: []Kind{ServerStreaming},
		Option: InSettings, Document: "firstMessageTimeoutMs",
		access: at(func(v *Values) *int64 { return &v.FirstMessageTimeoutMs }),
	},
	IdleTimeoutMs: {
		Name: "idleTimeoutMs", Rule: timeout, standard: int64(60_000), For: []Kind{ServerStreaming, BidiStreaming},
		Option: InSettings, Document: "idleTimeoutMs",
		access: at(func(v *Values) *int64 { return &v.IdleTimeoutMs }),
	},
	Retry: {
		Name: "retry", Rule: flag, standard: true, Option: AsRetry, Environment: "AMEIDE_SDK_RETRIES",
		access: at(func(v *Values) *bool { return &v.Retry }),
	},
	MaxAttempts: {
		Name: "maxAttempts", Rule: Rule{Is: IsInteger, Min: 1, ToMaxMaxAttempts: true}, standard: int64(3),
		Option: InRetry, Document: "maxAttempts", Environment: "AMEIDE_MAX_ATTEMPTS",
		access: at(func(v *Values) *int64 { return &v.MaxAttempts }),
	},
	BaseDelayMs: {
		Name: "baseDelayMs", Rule: atLeast1, standard: int64(50), Option: InRetry, Document: "baseDelayMs",
		access: at(func(v *Values) *int64 { return &v.BaseDelayMs }),
	},
	ThrottleDelayMs: {
		Name: "throttleDelayMs", Rule: atLeast1, standard: int64(1_000), Option: InRetry, Document: "throttleDelayMs",
		access: at(func(v *Values) *int64 { return &v.ThrottleDelayMs }),
	},
	MaxDelayMs: {
		Name: "maxDelayMs", Rule: atLeast1, standard: int64(20_000), Option: InRetry, Document: "maxDelayMs",
		access: at(func(v *Values) *int64 { return &v.MaxDelayMs }),
	},
	MaxServerDelayMs: {
		Name: "maxServerDelayMs", Rule: atLeast1, standard: int64(60_000), Option: InRetry, Document: "maxServerDelayMs",
		access: at(func(v *Values) *int64 { return &v.MaxServerDelayMs }),
	},
	RetryableCodes: {
		Name: "retryableCodes", Rule: Rule{Is: IsCodes}, standard: []string{}, Option: InRetry, Document: "retryableCodes",
		access: at(func(v *Values) *[]string { return &v.RetryableCodes }),
	},
	RequireIdempotency: {
		Name: "requireIdempotency", Rule: flag, standard: false, Option: InRetry, Document: "requireIdempotency",
		access: at(func(v *Values) *bool { return &v.RequireIdempotency }),
	},
	WaitForReady: {
		Name: "waitForReady", Rule: flag, standard: false, Option: InSettings, Document: "waitForReady",
		access: at(func(v *Values) *bool { return &v.WaitForReady }),
	},
	IdempotencyLevel: {
		Name: "idempotency", Rule: Rule{Is: IsEnum}, standard: UnknownIdempotency, Document: "facts.idempotencyLevel",
		access: at(func(v *Values) *Idempotency { return &v.Idempotency }),
	},
	CarriesIdempotencyKey: {
		Name: "carriesIdempotencyKey", Rule: flag, standard: false, Document: "facts.idempotencyKey",
		access: at(func(v *Values) *bool { return &v.CarriesIdempotencyKey }),
	},
	RequestIDField: {
		Name: "requestIdField", Rule: Rule{Is: IsText}, standard: "", Document: "facts.requestIdField",
		access: at(func(v *Values) *string { return &v.RequestIDField }),
	},
	IdempotencyKey: {
		Name: "idempotencyKey", Rule: Rule{Is: IsWord, Words: []string{"auto", "off"}}, standard: KeyAuto,
		Option: InSettings, Document: "idempotencyKey",
		access: at(func(v *Values) *KeyMode { return &v.IdempotencyKey }),
	},
	TenantModeField: {
		Name: "tenantMode", Rule: Rule{Is: IsEnum}, standard: TenantOptional, Document: "facts.tenant",
		access: at(func(v *Values) *TenantMode { return &v.TenantMode }),
	},
	AuthModeField: {
		Name: "authMode", Rule: Rule{Is: IsEnum}, standard: AuthBearer, Document: "facts.auth",
		access: at(func(v *Values) *AuthMode { return &v.AuthMode }),
	},
	Scopes: {
		Name: "scopes", Rule: Rule{Is: IsTexts}, standard: []string{},
		access: at(func(v *Values) *[]string { return &v.Scopes }),
	},
	LongLived: {
		Name: "longLived", Rule: flag, standard: false,
		access: at(func(v *Values) *bool { return &v.LongLived }),
	},
}

// BudgetValues is the retry budget of a client. 0 in a part of one is not stated.
type BudgetValues struct {
	// Capacity is the initial and maximum number of tokens.
	Capacity int64
	// Cost is what a retry costs.
	Cost int64
	// ThrottleCost is what a retry after a throttle costs, and the transparent one.
	ThrottleCost int64
}

// BudgetRow is what is known of one of BudgetValues.
type BudgetRow struct {
	Rule
	Name    string
	Default int64
	// Of is where the value stands.
	Of func(*BudgetValues) *int64
}

// BudgetRows are the fields of ameide.policy.v1.RetryBudget.
var BudgetRows = []BudgetRow{
	{Name: "capacity", Rule: costRule, Default: 500, Of: func(b *BudgetValues) *int64 { return &b.Capacity }},
	{Name: "cost", Rule: costRule, Default: 14, Of: func(b *BudgetValues) *int64 { return &b.Cost }},
	{Name: "throttleCost", Rule: costRule, Default: 5, Of: func(b *BudgetValues) *int64 { return &b.ThrottleCost }},
}

// ClientRow is what is known of a number that code states for a client.
type ClientRow struct {
	Rule
	// Name is the path of its option: keepAlive.intervalMs.
	Name string
	// Default is 0 for none.
	Default int64
}

// Names of the numbers that code states for a client.
const (
	ConnectTimeoutMs    = "connectTimeoutMs"
	MaxConnections      = "maxConnections"
	KeepAliveIntervalMs = "keepAlive.intervalMs"
	KeepAliveTimeoutMs  = "keepAlive.timeoutMs"
	MaxConnectionAgeMs  = "maxConnectionAgeMs"
	ReadMaxBytes        = "readMaxBytes"
	CompressionMinBytes = "compression.minBytes"
	DrainTimeoutMs      = "drain.timeoutMs"
)

const maxUint32 = int64(0xffffffff)

// ClientRows are the numbers that code states for a client.
var ClientRows = []ClientRow{
	{Name: ConnectTimeoutMs, Rule: timeout, Default: 10_000},
	{Name: MaxConnections, Rule: Rule{Is: IsInteger, Min: 1, Max: 65_535}, Default: 256},
	// gRFC A8 recommends no less than 10 s.
	{Name: KeepAliveIntervalMs, Rule: Rule{Is: IsInteger, Min: 1_000, Max: MaxSafe}, Default: 20_000},
	{Name: KeepAliveTimeoutMs, Rule: atLeast1, Default: 10_000},
	{Name: MaxConnectionAgeMs, Rule: atLeast1},
	{Name: ReadMaxBytes, Rule: Rule{Is: IsInteger, Min: 1, Max: maxUint32}, Default: 4 * 1_024 * 1_024},
	{Name: CompressionMinBytes, Rule: Rule{Is: IsInteger, Min: 0, Max: maxUint32}, Default: 1_024},
	// Over before the 30 s after which Kubernetes kills what it has told to end.
	{Name: DrainTimeoutMs, Rule: timeout, Default: 20_000},
}

// ClientNumber is the row of a name, which must be one of the constants above.
func ClientNumber(name string) ClientRow {
	for _, row := range ClientRows {
		if row.Name == name {
			return row
		}
	}
	panic("policy: no number of a client is named " + name)
}

// Bounds of what is kept and told. They are alike in every SDK, and no call shows them.
const (
	// MaxOrigins is how many origins' connections and retry budgets a client family keeps.
	MaxOrigins = 100
	// MaxPageTokenCharacters bounds the page tokens that are kept of a list.
	MaxPageTokenCharacters = 1_024 * 1_024
	// MaxFaults is how many faults and unknown fields of a document are told.
	MaxFaults = 20
	// MaxThrownTexts is how many texts along the causes of a callback's error are told.
	MaxThrownTexts = 8
	// MaxThrownCharacters is how much of each is told.
	MaxThrownCharacters = 300
)

// BoundsOf says between what a whole number lies.
func BoundsOf(rule Rule, maxMaxAttempts int64) (least, most int64) {
	if rule.ToMaxMaxAttempts {
		return rule.Min, maxMaxAttempts
	}
	return rule.Min, rule.Max
}

// FieldsIn lists the fields that options have in a place.
func FieldsIn(place Place) []Field {
	var found []Field
	for field := range fields {
		if Rows[field].Option == place {
			found = append(found, field)
		}
	}
	return found
}

func defaults() Values {
	var values Values
	for _, row := range Rows {
		row.set(&values, row.standard)
	}
	return values
}

func budgetDefaults() BudgetValues {
	var values BudgetValues
	for _, row := range BudgetRows {
		*row.Of(&values) = row.Default
	}
	return values
}

// DefaultsFor are the defaults as they hold for a kind of method.
func DefaultsFor(values Values, kind Kind) Values {
	for _, row := range Rows {
		if len(row.BuiltInFor) > 0 && !contains(row.BuiltInFor, kind) {
			row.set(&values, NoLimit)
		}
	}
	return values
}

func contains[T comparable](all []T, one T) bool {
	for _, each := range all {
		if each == one {
			return true
		}
	}
	return false
}
