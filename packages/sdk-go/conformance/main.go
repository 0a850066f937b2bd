package main

import (
	_ "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1/conformancev1connect"
	_ "github.com/ameideio/ameide-sdk-go"
)

func main() {}
