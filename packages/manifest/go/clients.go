package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"connectrpc.com/connect"
)

// clientsOf is the client of each service in a client of all services: every exported field that is an interface, fields
// of embedded structs included.
func clientsOf(entry string, all any, calls *recorder) ([]serviceClient, error) {
	value := reflect.ValueOf(all).Elem()
	var clients []serviceClient
	for _, field := range reflect.VisibleFields(value.Type()) {
		if !field.IsExported() || field.Type.Kind() != reflect.Interface {
			continue
		}
		found := serviceClient{Entry: entry, Name: field.Name}
		for i := range field.Type.NumMethod() {
			method := field.Type.Method(i)
			described, err := methodOf(method, value.FieldByIndex(field.Index), calls)
			if err != nil {
				return nil, fmt.Errorf("%s.%s: %w", field.Name, method.Name, err)
			}
			found.Methods = append(found.Methods, described)
		}
		clients = append(clients, found)
	}
	return clients, nil
}

var errNotSimple = errors.New(
	"its stubs are not made with the option simple of protoc-gen-connect-go: add it to its opt, and generate again")

func methodOf(method reflect.Method, client reflect.Value, calls *recorder) (clientMethod, error) {
	described := clientMethod{Name: method.Name}
	shape, ok := shapeOf(method.Type)
	if !ok && method.Type.NumIn() > 0 && method.Type.In(0) == contextType {
		return clientMethod{}, errNotSimple
	}
	if !ok {
		return described, nil // It is no method of a service.
	}
	described.Kind, described.Input, described.Output = shape.kind, nameOf(shape.input), nameOf(shape.output)
	if client.IsNil() {
		return described, nil // It is declared, and nothing makes it.
	}
	calls.last = connect.Spec{}
	if err := call(client.MethodByName(method.Name), shape); err == nil {
		return clientMethod{}, fmt.Errorf("a call that was not sent succeeded")
	}
	described.Procedure = strings.TrimPrefix(calls.last.Procedure, "/")
	described.Idempotency = strings.TrimPrefix(calls.last.IdempotencyLevel.String(), "idempotency_")
	return described, nil
}

// call makes a call with an empty request, and gives its error.
func call(method reflect.Value, shape shape) error {
	arguments := []reflect.Value{reflect.ValueOf(context.Background())}
	if shape.takesRequest() {
		arguments = append(arguments, reflect.New(shape.input.Elem()))
	}
	results := method.Call(arguments)
	if err, failed := results[1].Interface().(error); failed {
		return err
	}
	switch stream := results[0]; shape.kind {
	case clientStreaming:
		err, _ := stream.MethodByName("CloseAndReceive").Call(nil)[1].Interface().(error)
		return err
	case bidiStreaming:
		err, _ := stream.MethodByName("Receive").Call(nil)[1].Interface().(error)
		return err
	case serverStreaming:
		stream.MethodByName("Receive").Call(nil)
		err, _ := stream.MethodByName("Err").Call(nil)[0].Interface().(error)
		return err
	}
	return nil
}
