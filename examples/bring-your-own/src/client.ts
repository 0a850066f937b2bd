import { paginate } from "@ameideio/ameide-sdk-ts";
import { createRosterClient } from "@ameideio/ameide-sdk-ts/roster";
import { OrdersService } from "../gen/ts/acme/orders/v1/index.js";
import { roster } from "../gen/ts/roster.js";

const acme = createRosterClient(roster, {
  baseUrl: process.env["BASE_URL"] ?? "http://127.0.0.1:8082",
  allowInsecureLoopback: true, // only for http to this machine
});
const { order } = await acme.orders.createOrder({ item: "anvil" });
const newer = await acme.ordersV2.getOrder({ id: order?.id ?? "" });
console.log(newer.order?.items.join()); // anvil
for await (const each of paginate(acme.orders.listOrders, { pageSize: 1 })) {
  console.log(each.item);
}

// Its proto says nothing about the method, so:
console.log(String(acme.explain(OrdersService.method.createOrder)));
acme.close();
