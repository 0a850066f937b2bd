package ameide

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go/internal/nearest"
)

// What is wrong with an option, or a value of a document.
type fault struct {
	option string
	rule   string
	// got is what is there instead: ", got a string".
	got string
}

// configFault names the class of a value, never the value: that may be a secret.
//
// value is what is there; none where it says nothing.
func configFault(option, rule string, value ...any) fault {
	found := fault{option: option, rule: rule}
	if len(value) > 0 {
		found.got = ", got " + valueClass(value[0])
	}
	return found
}

var (
	namable      = regexp.MustCompile(`^[\w.-]{1,32}$`)
	variableName = regexp.MustCompile(`^[A-Z][A-Z0-9_]+$`)
)

// namingConfigFault is the same for a value that can be no secret: numbers, booleans, and words where only certain ones are
// known, of which the nearest is told.
func namingConfigFault(option, rule string, value any, known ...string) fault {
	switch value := value.(type) {
	case bool:
		return fault{option, rule, fmt.Sprintf(", got %t", value)}
	case time.Duration:
		switch {
		case value < 0:
			return fault{option, rule, fmt.Sprintf(", got a negative duration (%v)", value)}
		case value > 0:
			return fault{option, rule, fmt.Sprintf(", got %v", value)}
		}
		return configFault(option, rule, value)
	}
	reflected := reflect.ValueOf(value)
	switch reflected.Kind() {
	case reflect.String:
		if text := reflected.String(); len(known) > 0 && namable.MatchString(text) {
			return fault{option, nearest.DidYouMean(text, known) + rule, ", got " + text}
		} else if word := strings.TrimSpace(text); slices.Contains(known, word) {
			return fault{option, rule, ", got " + word + " with white space around it"}
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return namingNumber(option, rule, value, float64(reflected.Int()), strconv.FormatInt(reflected.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return namingNumber(option, rule, value, float64(reflected.Uint()), strconv.FormatUint(reflected.Uint(), 10))
	case reflect.Float32, reflect.Float64:
		number := reflected.Float()
		return namingNumber(option, rule, value, number, strconv.FormatFloat(number, 'g', -1, 64))
	}
	return configFault(option, rule, value)
}

func namingNumber(option, rule string, value any, number float64, text string) fault {
	switch {
	case number == 0 || math.IsNaN(number) || math.IsInf(number, 0):
		return configFault(option, rule, value)
	case number < 0:
		return fault{option, rule, ", got a negative number (" + text + ")"}
	default:
		return fault{option, rule, ", got " + text}
	}
}

// durationFault is the same for a duration. A text that says one is told what to write instead; there is no secret of
// its form.
func durationFault(option, rule string, value any) fault {
	if text, ok := value.(string); ok {
		if number, ok := millisecondsIn(text); ok {
			return fault{option: option, rule: fmt.Sprintf("must be a number of milliseconds: %s, not %q", number, text)}
		}
	}
	return namingConfigFault(option, rule, value)
}

var (
	durationText = regexp.MustCompile(`^(\d{1,9}(?:\.\d{1,3})?) ?(ms|s|m|min|h)?$`)
	unitMs       = map[string]float64{"": 1, "ms": 1, "s": 1_000, "m": 60_000, "min": 60_000, "h": 3_600_000}
)

// 5s, 1.5 s, 250ms, 250.
func millisecondsIn(text string) (number string, ok bool) {
	found := durationText.FindStringSubmatch(text)
	if found == nil {
		return "", false
	}
	digits, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		return "", false
	}
	return strconv.FormatFloat(digits*unitMs[found[2]], 'f', -1, 64), true
}

// configErrors is the error for wrong options: invalid_argument, origin client, reason CONFIG_INVALID. It names each, its
// rule, and what is there instead.
//
// count is how many there are, where not all are told.
func configErrors(faults []fault, count int) *Error {
	what := "option"
	switch {
	case count != 1:
		what = fmt.Sprintf("%d options are wrong:", count)
	case variableName.MatchString(faults[0].option):
		what = "environment variable"
	}
	texts := make([]string, len(faults))
	for i, each := range faults {
		texts[i] = each.option + ": " + each.rule + each.got + writtenAs(each.option)
	}
	source := connect.NewError(connect.CodeInvalidArgument, errors.New(what+" "+strings.Join(texts, "; ")))
	source.AddDetail(badRequest(faults))
	return newError(source, errorFacts{origin: OriginClient, reason: ReasonConfigInvalid})
}

// writtenAs says by which function of this package an option is given that all SDKs call by one name; empty for what is
// not given by one.
func writtenAs(option string) string {
	if _, ofMethod, found := strings.Cut(option, "]."); found && strings.HasPrefix(option, "methods[") {
		option = ofMethod
	}
	for {
		if name := functionOf[option]; name != "" {
			return " (" + name + ")"
		}
		dot := strings.LastIndexByte(option, '.')
		if dot < 0 {
			return ""
		}
		option = option[:dot]
	}
}

var functionOf = map[string]string{
	"allowInsecureHosts":         "AllowInsecureHosts",
	"appName":                    "WithAppName",
	"attemptTimeoutMs":           "WithAttemptTimeout",
	"auth":                       "WithAuth",
	"auth.header":                "StaticKey",
	"auth.provider":              "Provider",
	"auth.token":                 "BearerToken",
	"auth.value":                 "StaticKey",
	"baseUrl":                    "NewTransport, WithBaseURL",
	"behavior":                   "WithBehavior",
	"budget":                     "WithBudget",
	"budget.capacity":            "BudgetCapacity",
	"budget.cost":                "BudgetCost",
	"budget.throttleCost":        "BudgetThrottleCost",
	"compression.accept":         "WithAcceptCompression",
	"compression.minBytes":       "WithCompressMinBytes",
	"compression.send":           "WithSendCompression",
	"connectTimeoutMs":           "WithConnectTimeout",
	"deadlineFrom":               "WithDeadlineFrom",
	"descriptors":                "WithDescriptors",
	"dialContext":                "WithDialContext",
	"firstMessageTimeoutMs":      "WithFirstMessageTimeout",
	"headerNames.idempotencyKey": "WithIdempotencyKeyHeader",
	"headerNames.requestId":      "WithRequestIDHeader",
	"headerNames.tenant":         "WithTenantHeader",
	"headers":                    "WithHeader",
	"httpGet":                    "WithHTTPGet",
	"httpVersion":                "WithHTTPVersion",
	"idempotencyKey":             "WithIdempotencyKey",
	"idleTimeoutMs":              "WithIdleTimeout",
	"interceptors":               "WithInterceptors",
	"keepAlive":                  "WithKeepAlive",
	"keepAlive.intervalMs":       "KeepAliveInterval",
	"keepAlive.timeoutMs":        "KeepAliveTimeout",
	"logLevel":                   "WithLogLevel",
	"logger":                     "WithLogger",
	"maxConnectionAgeMs":         "WithMaxConnectionAge",
	"maxConnections":             "WithMaxConnections",
	"methods":                    "WithMethod",
	"mode":                       "WithMode",
	"noDeadline":                 "NoDeadline",
	"observer":                   "WithObserver",
	"preset":                     "WithPreset",
	"protocol":                   "WithProtocol",
	"proxy":                      "WithProxy",
	"readMaxBytes":               "WithReadMaxBytes",
	"requestId":                  "WithRequestID",
	"retry":                      "WithRetry",
	"retry.baseDelayMs":          "BaseDelay",
	"retry.maxAttempts":          "MaxAttempts",
	"retry.maxDelayMs":           "MaxDelay",
	"retry.maxServerDelayMs":     "MaxServerDelay",
	"retry.retryableCodes":       "RetryableCodes",
	"retry.throttleDelayMs":      "ThrottleDelay",
	"telemetry":                  "WithTelemetry",
	"tenant":                     "WithTenant",
	"timeoutMs":                  "WithTimeout",
	"tls":                        "WithTLS",
	"transport":                  "WithRoundTripper",
}

// configError is the error for one configFault.
func configError(option, rule string, value ...any) *Error {
	return configErrors([]fault{configFault(option, rule, value...)}, 1)
}

// misuseError is the error for what is wrong with how a client was put together, rather than with one option.
func misuseError(text string) *Error {
	return newError(connect.NewError(connect.CodeInvalidArgument, errors.New(text)),
		errorFacts{origin: OriginClient, reason: ReasonConfigInvalid})
}

// namingConfigError is the error for one namingConfigFault.
func namingConfigError(option, rule string, value any, known ...string) *Error {
	return configErrors([]fault{namingConfigFault(option, rule, value, known...)}, 1)
}

func valueClass(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case time.Duration:
		return sizeClass(float64(value), "duration")
	}
	reflected := reflect.ValueOf(value)
	switch reflected.Kind() {
	case reflect.Array, reflect.Slice:
		return "an array"
	case reflect.Bool:
		return "a boolean"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return sizeClass(float64(reflected.Int()), "number")
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return sizeClass(float64(reflected.Uint()), "number")
	case reflect.Float32, reflect.Float64:
		return sizeClass(reflected.Float(), "number")
	case reflect.String:
		if reflected.Len() == 0 {
			return "an empty string"
		}
		return "a string"
	case reflect.Func:
		return "a function"
	default:
		return "an object"
	}
}

func sizeClass(number float64, what string) string {
	switch {
	case math.IsNaN(number):
		return "NaN"
	case math.IsInf(number, 0):
		return "an infinite number"
	case number == 0:
		return "zero"
	case number < 0:
		return "a negative " + what
	default:
		return "a " + what
	}
}

// codeNames are all codes in Connect's spelling.
var codeNames = allCodes()

func allCodes() []string {
	var names []string
	for code := connect.CodeCanceled; code <= connect.CodeUnauthenticated; code++ {
		names = append(names, code.String())
	}
	return names
}

// isCode says whether a text is a code in Connect's spelling: permission_denied.
func isCode(text string) bool { return slices.Contains(codeNames, text) }
