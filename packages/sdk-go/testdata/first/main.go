package main

import (
	"context"
	"fmt"
	"log"
	"os"

	threadsv1 "github.com/ameideio/ameide-core-proto-go/ameide/threads/v1"
	"github.com/ameideio/ameide-core-proto-go/ameide/threads/v1/threadsv1connect"

	"github.com/ameideio/ameide-sdk-go"
)

func main() {
	transport, err := ameide.NewTransport(os.Getenv("BASE_URL"), ameide.AllowInsecureLoopback(), ameide.WithTenant("acme"))
	if err != nil {
		log.Fatal(err)
	}
	defer transport.Close()
	threads := ameide.NewClient(transport, threadsv1connect.NewThreadsServiceClient)
	response, err := threads.CreateThread(context.Background(), &threadsv1.CreateThreadRequest{Title: "Hello"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.GetThread().GetTitle())
}
