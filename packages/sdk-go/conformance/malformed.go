package main

import (
	"encoding/base64"
	"net/http"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
)

const grpcDetails = "Grpc-Status-Details-Bin"

// malformJSON makes the part of an error of Connect one that cannot be read.
func malformJSON(json map[string]any, malformed pb.Malformed) {
	switch malformed {
	case pb.Malformed_MALFORMED_MESSAGE:
		json["message"] = 14
	case pb.Malformed_MALFORMED_DETAIL:
		bad := map[string]any{"type": "google.rpc.ErrorInfo", "value": "no base64!"}
		details, _ := json["details"].([]any)
		json["details"] = append([]any{bad}, details...)
	case pb.Malformed_MALFORMED_DETAILS:
		json["details"] = "none"
	}
}

// malformStatus makes the part of an error of gRPC one that cannot be read.
func malformStatus(status http.Header, malformed pb.Malformed) {
	switch malformed {
	case pb.Malformed_MALFORMED_MESSAGE:
		status.Set("Grpc-Message", status.Get("Grpc-Message")+"%zz")
	case pb.Malformed_MALFORMED_DETAIL:
		whole, err := base64.RawStdEncoding.DecodeString(status.Get(grpcDetails))
		if err != nil {
			panic(err)
		}
		code, err := strconv.ParseUint(status.Get("Grpc-Status"), 10, 32)
		if err != nil {
			panic(err)
		}
		bytes := protowire.AppendTag(nil, 1, protowire.VarintType)
		bytes = protowire.AppendVarint(bytes, code)
		bytes = protowire.AppendTag(bytes, 3, protowire.BytesType)
		bytes = protowire.AppendBytes(bytes, []byte{0xff, 0xff})
		setDetails(status, append(bytes, whole...))
	case pb.Malformed_MALFORMED_DETAILS:
		setDetails(status, []byte("no Status"))
	}
}

func setDetails(status http.Header, bytes []byte) {
	status.Set(grpcDetails, base64.RawStdEncoding.EncodeToString(bytes))
}
