import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { OrdersService } from "../gen/ts/acme/orders/v1/index.js";
import { OrdersService as OrdersServiceV2 } from "../gen/ts/acme/orders/v2/index.js";

/** Items of each order, by its id. Both versions read and write the same. */
const orders = new Map<string, string[]>();
let placed = 0;

function place(items: string[]): string {
  const id = `order-${++placed}`;
  orders.set(id, items);
  return id;
}

function itemsOf(id: string): string[] {
  const items = orders.get(id);
  if (items === undefined) {
    throw new ConnectError(`there is no order ${id}`, Code.NotFound);
  }
  return items;
}

function orderOf(id: string) {
  return { id, item: itemsOf(id).join(", ") };
}

function routes(router: ConnectRouter): void {
  router.service(OrdersService, {
    getOrder: ({ id }) => ({ order: orderOf(id) }),
    listOrders({ pageSize, pageToken }) {
      const ids = [...orders.keys()];
      const begin = pageToken === "" ? 0 : ids.indexOf(pageToken);
      const end = begin + (pageSize || 50);
      return {
        orders: ids.slice(begin, end).map(orderOf),
        nextPageToken: ids[end] ?? "",
      };
    },
    createOrder: ({ item }) => ({ order: orderOf(place([item])) }),
    deleteOrder({ id }) {
      orders.delete(id);
      return {};
    },
    async *exportOrders() {
      for (const id of orders.keys()) {
        yield { order: orderOf(id) };
      }
    },
  });
  router.service(OrdersServiceV2, {
    getOrder: ({ id }) => ({ order: { id, items: itemsOf(id) } }),
    createOrder({ items }) {
      const id = place(items);
      return { order: { id, items } };
    },
  });
}

const server = createServer(connectNodeAdapter({ routes }));
server.listen(Number(process.env["PORT"] ?? 8082), "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  console.log(`listening on http://127.0.0.1:${port}`);
});
