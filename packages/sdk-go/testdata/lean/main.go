// Imports package ameide alone, and prints the proto files that are linked by it.
package main

import (
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/ameideio/ameide-sdk-go"
)

func main() {
	transport, err := ameide.NewTransport("https://api.example.com")
	if err != nil {
		panic(err)
	}
	transport.Close()
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		fmt.Println(file.Path())
		return true
	})
}
