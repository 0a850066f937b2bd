// Command client calls orders over the Go SDK.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/ameideio/ameide-sdk-go"

	ordersv1 "acme.example/orders/gen/go/acme/orders/v1"
	"acme.example/orders/gen/go/acme/orders/v1/ordersv1connect"
	ordersv2 "acme.example/orders/gen/go/acme/orders/v2"
	"acme.example/orders/gen/go/roster"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	baseURL := os.Getenv("BASE_URL")
	if baseURL == "" {
		baseURL = "http://127.0.0.1:8082"
	}
	transport, err := ameide.NewTransport(baseURL, ameide.AllowInsecureLoopback()) // Only for http to this machine.
	if err != nil {
		return err
	}
	defer transport.Close()
	acme := ameide.NewClient(transport, roster.New)
	created, err := acme.Orders.CreateOrder(ctx, &ordersv1.CreateOrderRequest{Item: "anvil"})
	if err != nil {
		return err
	}
	newer, err := acme.OrdersV2.GetOrder(ctx, &ordersv2.GetOrderRequest{Id: created.GetOrder().GetId()})
	if err != nil {
		return err
	}
	fmt.Println(strings.Join(newer.GetOrder().GetItems(), ","))
	pages := &ordersv1.ListOrdersRequest{PageSize: 1}
	for order, err := range ameide.Paginate(ctx, acme.Orders.ListOrders, pages, (*ordersv1.ListOrdersResponse).GetOrders) {
		if err != nil {
			return err
		}
		fmt.Println(order.GetItem())
	}

	// Its proto says nothing about the method, so:
	explanation, err := transport.Explain(ordersv1connect.OrdersServiceCreateOrderProcedure)
	if err != nil {
		return err
	}
	fmt.Println(explanation)
	return nil
}
