package conformanceproto_test

import (
	"strings"
	"testing"

	conformancev1 "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
	"github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1/conformancev1connect"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

const run = `{
  "id": "7",
  "run": {
    "given": {"random": [0.5], "steps": [{"call": {"method": "Idempotent", "parallel": 2}}]},
    "script": {
      "answers": [
        {"error": {"code": "unavailable", "retry_info_ms": "0"}},
        {"break": "BREAK_RESET_AFTER_READ", "delay_ms": "20"}
      ],
      "otherwise": {"ok": "done"}
    },
    "constants": {"budget.cost": 15}
  }
}`

func TestRequestIsDecoded(t *testing.T) {
	var request conformancev1.AdapterRequest
	if err := protojson.Unmarshal([]byte(run), &request); err != nil {
		t.Fatal(err)
	}
	if got := request.GetRun().GetGiven().GetSteps()[0].GetCall().GetParallel(); got != 2 {
		t.Errorf("parallel is %d, want 2", got)
	}
	script := request.GetRun().GetScript()
	if failure := script.GetAnswers()[0].GetError(); failure.RetryInfoMs == nil || failure.GetRetryInfoMs() != 0 {
		t.Errorf("retry_info_ms is %v, want one of 0", failure.RetryInfoMs)
	}
	if got := script.GetAnswers()[1].GetBreak(); got != conformancev1.Break_BREAK_RESET_AFTER_READ {
		t.Errorf("break is %v, want BREAK_RESET_AFTER_READ", got)
	}
	encoded, err := proto.Marshal(&request)
	if err != nil {
		t.Fatal(err)
	}
	var decoded conformancev1.AdapterRequest
	if err := proto.Unmarshal(encoded, &decoded); err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(&request, &decoded) {
		t.Errorf("decoded as %v, want %v", &decoded, &request)
	}
}

func TestUnknownFieldIsRefused(t *testing.T) {
	misspelt := strings.Replace(run, "delay_ms", "delay_msec", 1)
	err := protojson.Unmarshal([]byte(misspelt), &conformancev1.AdapterRequest{})
	if err == nil || !strings.Contains(err.Error(), "delay_msec") {
		t.Errorf("got %v, want an error that names delay_msec", err)
	}
}

func TestMethodsSayTheirPolicy(t *testing.T) {
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(conformancev1connect.ConformanceServiceName)
	if err != nil {
		t.Fatal(err)
	}
	methods := found.(protoreflect.ServiceDescriptor).Methods()
	options := func(name protoreflect.Name) *descriptorpb.MethodOptions {
		return methods.ByName(name).Options().(*descriptorpb.MethodOptions)
	}
	if got := options("NoSideEffects").GetIdempotencyLevel(); got != descriptorpb.MethodOptions_NO_SIDE_EFFECTS {
		t.Errorf("NoSideEffects is %v, want NO_SIDE_EFFECTS", got)
	}
	key, err := protoregistry.GlobalTypes.FindExtensionByName("ameide.policy.v1.idempotency_key")
	if err != nil {
		t.Fatal(err)
	}
	if got := proto.GetExtension(options("UnknownWithKey"), key); got != true {
		t.Errorf("idempotency_key of UnknownWithKey is %v, want true", got)
	}
}
