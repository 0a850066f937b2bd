package ameide

import (
	"sort"

	"connectrpc.com/connect"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// How details are read.
type detailReading struct {
	bounds *policy.Constants
	// secrets are credentials that were sent; where a text has one, it is left out.
	secrets []string
}

func (r detailReading) text(text string) string {
	return redact(text, r.secrets, r.bounds.MaxMessageBytes)
}

// The first entries of a list, and how many there are.
type entries[T any] struct {
	first []T
	count int
}

// What is promoted of the standard details of an error (google.rpc, AIP-193).
type promoted struct {
	reason, domain  string
	metadata        entries[[2]string]
	fields          entries[FieldViolation]
	quotas          entries[QuotaViolation]
	preconditions   entries[PreconditionViolation]
	serverRequestID string
}

func promote(source *connect.Error, reading detailReading) promoted {
	var found promoted
	if len(source.Details()) == 0 {
		return found
	}
	var info errdetails.ErrorInfo
	if firstDetail(source, reading.bounds, &info) {
		found.reason = reading.text(info.GetReason())
		found.domain = reading.text(info.GetDomain())
		found.metadata = sortedEntries(info.GetMetadata(), reading)
	}
	var request errdetails.RequestInfo
	if firstDetail(source, reading.bounds, &request) {
		found.serverRequestID = reading.text(request.GetRequestId())
	}
	var bad errdetails.BadRequest
	if firstDetail(source, reading.bounds, &bad) {
		found.fields = entriesOf(bad.GetFieldViolations(), reading, func(each *errdetails.BadRequest_FieldViolation) FieldViolation {
			return FieldViolation{reading.text(each.GetField()), reading.text(each.GetDescription())}
		})
	}
	var quota errdetails.QuotaFailure
	if firstDetail(source, reading.bounds, &quota) {
		found.quotas = entriesOf(quota.GetViolations(), reading, func(each *errdetails.QuotaFailure_Violation) QuotaViolation {
			return QuotaViolation{reading.text(each.GetSubject()), reading.text(each.GetDescription())}
		})
	}
	var precondition errdetails.PreconditionFailure
	if firstDetail(source, reading.bounds, &precondition) {
		found.preconditions = entriesOf(precondition.GetViolations(), reading,
			func(each *errdetails.PreconditionFailure_Violation) PreconditionViolation {
				return PreconditionViolation{reading.text(each.GetType()), reading.text(each.GetSubject()), reading.text(each.GetDescription())}
			})
	}
	return found
}

// retryInfo is google.rpc.RetryInfo.retry_delay.
func retryInfo(source *connect.Error, bounds *policy.Constants) (seconds int64, nanos int32, stated bool) {
	var info errdetails.RetryInfo
	if !firstDetail(source, bounds, &info) || info.GetRetryDelay() == nil {
		return 0, 0, false
	}
	return info.GetRetryDelay().GetSeconds(), info.GetRetryDelay().GetNanos(), true
}

// badRequest is a detail that says which fields are wrong, and why: google.rpc.BadRequest.
func badRequest(faults []fault) *connect.ErrorDetail {
	violations := make([]*errdetails.BadRequest_FieldViolation, len(faults))
	for i, each := range faults {
		violations[i] = &errdetails.BadRequest_FieldViolation{Field: each.option, Description: each.rule}
	}
	detail, err := connect.NewErrorDetail(&errdetails.BadRequest{FieldViolations: violations})
	if err != nil {
		// A name or a value of a document that is no UTF-8.
		detail, _ = connect.NewErrorDetail(&errdetails.BadRequest{})
	}
	return detail
}

// firstDetail reads the first detail of a kind that can be read. A server may send as many as it likes, and each that
// cannot be read takes its time.
func firstDetail(source *connect.Error, bounds *policy.Constants, into proto.Message) bool {
	name := string(into.ProtoReflect().Descriptor().FullName())
	left := bounds.MaxDetailBytes
	for i, detail := range source.Details() {
		if int64(i) == bounds.MaxDetails {
			break
		}
		if detail.Type() != name {
			continue
		}
		bytes := detail.Bytes()
		if int64(len(bytes)) > left {
			continue
		}
		left -= int64(len(bytes))
		if proto.Unmarshal(bytes, into) == nil {
			return true
		}
		proto.Reset(into)
	}
	return false
}

func entriesOf[From, To any](all []From, reading detailReading, read func(From) To) entries[To] {
	first := make([]To, min(len(all), int(reading.bounds.MaxEntries)))
	for i := range first {
		first[i] = read(all[i])
	}
	return entries[To]{first: first, count: len(all)}
}

// A map of Go has no order: that of the names stands in the place of the server's.
func sortedEntries(all map[string]string, reading detailReading) entries[[2]string] {
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	sort.Strings(names)
	return entriesOf(names, reading, func(name string) [2]string {
		return [2]string{reading.text(name), reading.text(all[name])}
	})
}
