package main

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"

	"connectrpc.com/connect"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
)

// toHTTP encodes an answer by the protocol of the request, in its format.
func toHTTP(answer *pb.Answer, request *http.Request) httpResponse {
	format := formatOf(request)
	var response httpResponse
	if raw := answer.GetHttp(); raw != nil {
		response = rawAnswer(raw, answer.GetTrailers())
	} else {
		if format.enveloped {
			response = inEnvelopes(answer, format)
		} else {
			response = unaryAnswer(answer, format.json)
		}
		pack(&response, answer.GetPacking(), format)
	}
	addHeaders(response.header, answer.GetHeaders())
	compress(&response, answer.GetContentCoding())
	return response
}

func compress(response *httpResponse, coding string) {
	if coding == "" {
		return
	}
	if coding != "gzip" {
		panic(fmt.Errorf("no body is compressed by %s", coding))
	}
	var whole []byte
	for _, each := range response.body {
		whole = append(whole, each.bytes...)
	}
	packed := gzipped(whole)
	response.header.Set("Content-Encoding", coding)
	response.header.Set("Content-Length", strconv.Itoa(len(packed)))
	response.body = []part{{bytes: packed}}
}

var mediaType = regexp.MustCompile(`^application/(connect\+|grpc-web\+?|grpc\+?)?(json|proto)?$`)

// formatOf says how a request wants to be answered. The message of a GET stands in its query; all
// else says it by its media type.
func formatOf(request *http.Request) format {
	if request.Method == http.MethodGet {
		json := request.URL.Query().Get("encoding") == "json"
		return format{protocol: connectProtocol, json: json}
	}
	found := mediaType.FindStringSubmatch(request.Header.Get("Content-Type"))
	if found == nil {
		return format{protocol: connectProtocol}
	}
	of := format{protocol: connectProtocol, json: found[2] == "json", enveloped: found[1] != ""}
	switch found[1] {
	case "grpc", "grpc+":
		of.protocol = grpcProtocol
	case "grpc-web", "grpc-web+":
		of.protocol = grpcWebProtocol
	}
	return of
}

func rawAnswer(answer *pb.HttpAnswer, trailers []*pb.Header) httpResponse {
	bytes := answer.GetBodyBytes()
	if len(bytes) == 0 {
		bytes = []byte(answer.GetBody())
	}
	if zeros := answer.GetBodyZeros(); zeros > 0 {
		bytes = make([]byte, zeros)
	}
	response := httpResponse{
		status:  int(answer.GetStatus()),
		header:  http.Header{},
		body:    []part{{bytes: bytes}},
		trailer: http.Header{},
	}
	if contentType := answer.GetContentType(); contentType != "" {
		response.header.Set("Content-Type", contentType)
	}
	addHeaders(response.trailer, trailers)
	return response
}

func unaryAnswer(answer *pb.Answer, json bool) httpResponse {
	response := httpResponse{status: http.StatusOK, header: http.Header{}, trailer: http.Header{}}
	contentType := "application/proto"
	if json {
		contentType = "application/json"
	}
	bytes, good := messageOf(answer, json)
	if !good {
		failure := answer.GetError()
		if failure == nil {
			panic(errors.New("an answer of the script is none to a unary call"))
		}
		contentType = "application/json"
		bytes = jsonText(errorJSON(failure))
		response.status = statusOf(failure)
	}
	response.body = []part{{bytes: bytes}}
	response.header.Set("Content-Type", contentType)
	// Connect protocol, "Unary-Response": its trailers are headers with a prefix.
	for _, each := range answer.GetTrailers() {
		response.header.Add("Trailer-"+each.GetName(), each.GetValue())
	}
	return response
}

// statusOf is the HTTP status of an error of Connect (Connect protocol, "Error Codes").
func statusOf(answer *pb.ErrorAnswer) int {
	if status := answer.GetStatus(); status != 0 {
		return int(status)
	}
	switch code, _ := codeNamed(answer.GetCode()); code {
	case connect.CodeCanceled:
		return 499
	case connect.CodeInvalidArgument, connect.CodeFailedPrecondition, connect.CodeOutOfRange:
		return http.StatusBadRequest
	case connect.CodeDeadlineExceeded:
		return http.StatusGatewayTimeout
	case connect.CodeNotFound:
		return http.StatusNotFound
	case connect.CodeAlreadyExists, connect.CodeAborted:
		return http.StatusConflict
	case connect.CodePermissionDenied:
		return http.StatusForbidden
	case connect.CodeResourceExhausted:
		return http.StatusTooManyRequests
	case connect.CodeUnimplemented:
		return http.StatusNotImplemented
	case connect.CodeUnavailable:
		return http.StatusServiceUnavailable
	case connect.CodeUnauthenticated:
		return http.StatusUnauthorized
	}
	return http.StatusInternalServerError
}
