"""Calls orders over the Python SDK."""

import asyncio
import os

from ameide_sdk import AsyncRosterClient, paginate
from gen.python import roster
from gen.python.acme.orders.v1.orders_pb import CreateOrderRequest, ListOrdersRequest
from gen.python.acme.orders.v2.orders_pb import GetOrderRequest


class AcmeClient(AsyncRosterClient, roster.AsyncServices):
    """Every service of acme."""

    SERVICES = roster.SERVICES


async def main() -> None:
    base_url = os.environ.get("BASE_URL", "http://127.0.0.1:8082")
    # Only for http to this machine.
    async with AcmeClient(base_url, allow_insecure_loopback=True) as acme:
        created = await acme.orders.create_order(CreateOrderRequest(item="anvil"))
        newer = await acme.orders_v2.get_order(GetOrderRequest(id=created.order.id))
        print(",".join(newer.order.items))
        async for order in paginate(acme.orders.list_orders, ListOrdersRequest(page_size=1)):
            print(order.item)

        # Its proto says nothing about the method, so:
        print(acme.explain(acme.orders.create_order))


asyncio.run(main())
