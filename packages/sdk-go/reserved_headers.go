package ameide

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// reservedNames are names of headers that only the SDK may set, lower-case.
type reservedNames struct {
	// What the SDK sends whatever the credential is, with the option that is made for it.
	own map[string]string
	// Headers of static keys.
	keys map[string]bool
}

// Headers that the SDK sets in every client, with the option that is made for it.
var alwaysReserved = map[string]string{
	"accept-encoding": "WithAcceptCompression",
	"authorization":   "WithAuth",
	"traceparent":     "WithTelemetry",
	"tracestate":      "WithTelemetry",
	"user-agent":      "WithAppName",
}

// RFC 9110, section 7.6.1; RFC 9113, sections 3.1 and 8.2.2. With them a caller frames a message otherwise than the
// connection does, or asks it for something.
var ofConnection = setOf("connection", "expect", "host", "http2-settings", "keep-alive", "te", "trailer",
	"transfer-encoding", "upgrade")

func setOf(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

// headerNames are what the headers of the SDK are called, lower-case.
type headerNames struct {
	tenant, requestID, idempotencyKey string
}

func policyHeaderNames(stated headerNameOptions) headerNames {
	return headerNames{
		tenant:         strings.ToLower(stated.tenant.or("x-tenant-id")),
		requestID:      strings.ToLower(stated.requestID.or("x-request-id")),
		idempotencyKey: strings.ToLower(stated.idempotencyKey.or("idempotency-key")),
	}
}

func (n headerNames) all() []string { return []string{n.tenant, n.requestID, n.idempotencyKey} }

// reservedIn are names of headers users may not set, beside those that are so for every client.
func reservedIn(layers optionLayers, names headerNames) reservedNames {
	reserved := reservedNames{own: maps.Clone(alwaysReserved), keys: map[string]bool{}}
	reserved.own[names.tenant] = "WithTenant"
	reserved.own[names.requestID] = "WithRequestID"
	reserved.own[names.idempotencyKey] = "WithIdempotencyKey"
	add := func(s *settings) {
		if parts := s.auth.value.parts(); parts.kind == staticKey {
			reserved.keys[strings.ToLower(parts.header)] = true
		}
	}
	for _, layer := range layers {
		add(&layer.settings)
		for _, each := range layer.methods.value {
			add(each.settings)
		}
	}
	return reserved
}

// setBySDK is the rule for a header that the SDK sets, with the option that is made for it; empty for none.
func setBySDK(function string) string {
	if function == "" {
		return "is set by the SDK"
	}
	return "is set by the SDK; use " + function
}

// reservedRule says why a user may not set a header of this name; empty where one may.
func reservedRule(name string, reserved reservedNames) string {
	lower := strings.ToLower(name)
	if isOfConnection(lower) {
		return "is a header of the connection, which no caller sets"
	}
	switch {
	case reserved.keys[lower]:
		return setBySDK("WithAuth")
	case isOwnHeader(lower, reserved):
		return setBySDK(reserved.own[lower])
	default:
		return ""
	}
}

// isOwnHeader reports whether the SDK, the protocol or the connection sets a header of this name, lower-case.
func isOwnHeader(lower string, reserved reservedNames) bool {
	return reserved.own[lower] != "" || hasMeaning(lower)
}

// hasMeaning reports whether a header of this name, lower-case, has a meaning in every client.
func hasMeaning(lower string) bool {
	return alwaysReserved[lower] != "" || isOfConnection(lower) || strings.HasPrefix(lower, "connect-") ||
		strings.HasPrefix(lower, "grpc-") || strings.HasPrefix(lower, "content-")
}

// connectionHeader is the first header of the connection, lower-case, among those that interceptors have seen; empty
// for none. gRPC itself says te: trailers.
func connectionHeader(headers http.Header) string {
	var found []string
	for name, values := range headers {
		lower := strings.ToLower(name)
		isTrailers := lower == "te" && slices.Equal(values, []string{"trailers"})
		if (isOfConnection(lower) || lower == "content-length") && !isTrailers {
			found = append(found, lower)
		}
	}
	if len(found) == 0 {
		return ""
	}
	return slices.Min(found)
}

func isOfConnection(lower string) bool {
	return ofConnection[lower] || strings.HasPrefix(lower, "proxy-")
}

const headerValueRule = "must be text on one line, without control characters, in ISO 8859-1"

// isHeaderValue reports whether a value may stand in a header (RFC 9110, section 5.5). Characters that ISO 8859-1 does not
// have are refused, though their UTF-8 could be sent: a reader would take it for other characters.
func isHeaderValue(value string) bool {
	for _, char := range value {
		if char < ' ' && char != '\t' || char == 0x7f || char > 0xff && char != utf8.RuneError {
			return false
		}
	}
	return true
}
