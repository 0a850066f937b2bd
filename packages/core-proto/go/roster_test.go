package coreproto_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ameideio/ameide-core-proto-go/roster"
	"github.com/ameideio/ameide-policy-go/ameide/policy/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// A pathRecorder is an HTTP client that reaches nothing.
type pathRecorder struct{ paths []string }

func (r *pathRecorder) Do(request *http.Request) (*http.Response, error) {
	r.paths = append(r.paths, request.URL.Path)
	return nil, errors.New("reaches nothing")
}

func TestRosterHasEveryServiceUnderItsName(t *testing.T) {
	called := &pathRecorder{}
	clients := reflect.ValueOf(roster.New(called, "https://api.example.com")).Elem()
	got := map[string]string{}
	for i := range clients.NumField() {
		called.paths = nil
		callAnyUnary(t, clients.Field(i))
		service, _, _ := strings.Cut(strings.TrimPrefix(called.paths[0], "/"), "/")
		got[clients.Type().Field(i).Name] = service
	}

	want := map[string]string{}
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			if service := file.Services().Get(i); isOurs(service) {
				want[rosterName(service)] = string(service.FullName())
			}
		}
		return true
	})
	if len(want) == 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("the roster calls\n%v\nwant\n%v", got, want)
	}
}

func isOurs(service protoreflect.ServiceDescriptor) bool {
	name := string(service.FullName())
	return strings.HasPrefix(name, "ameide.") || strings.HasPrefix(name, "beamline.")
}

// callAnyUnary calls the first method that takes a context and a request.
func callAnyUnary(t *testing.T, client reflect.Value) {
	t.Helper()
	methods := make([]reflect.Value, client.NumMethod())
	for i := range methods {
		methods[i] = client.Method(i)
	}
	unary := slices.IndexFunc(methods, func(method reflect.Value) bool {
		return method.Type().NumIn() == 2 && method.Type().NumOut() == 2
	})
	if unary < 0 {
		t.Fatalf("%v has no unary method", client.Type())
	}
	request := reflect.New(methods[unary].Type().In(1).Elem())
	methods[unary].Call([]reflect.Value{reflect.ValueOf(context.Background()), request})
}

func rosterName(service protoreflect.ServiceDescriptor) string {
	if stated := proto.GetExtension(service.Options(), policyv1.E_RosterName).(string); stated != "" {
		return strings.ToUpper(stated[:1]) + stated[1:]
	}
	name := strings.TrimSuffix(string(service.Name()), "Service")
	if version := string(service.ParentFile().Package().Name()); version != "v1" {
		name += strings.ToUpper(version[:1]) + version[1:]
	}
	return name
}
