import { begin, left, listenersOf, real, wait, type Left } from "../leak/watch.js";
import { usedHeap } from "../leak/heap.js";
import type { Caller, Material, Place } from "./caller.js";
import { ameideCaller } from "./callers/ameide.js";
import { connectNodeCaller } from "./callers/connect_node.js";
import { grpcJsCaller } from "./callers/grpc_js.js";
import type { ClientName, Column } from "./columns.js";
import { type Plant, planted } from "./plant.js";
import { type CallRecord, nowMs } from "./records.js";
import { Delay, type DelaySeen } from "./delay.js";
import { TIMES } from "./settings.js";
import { Workers } from "./workers.js";

// A client of the soak, in a process of its own: only there nothing else has a heap, timers or
// sockets. The process has to end by itself: nothing here ends it.

/** Message to a client's process. */
export type ClientOrder =
  | {
      readonly do: "begin";
      readonly column: Column;
      readonly port: number;
      readonly material: Material;
      readonly workers: number;
      readonly plant: Plant | undefined;
    }
  /** Uses this material from now on; a client that cannot change its own keeps its old one. */
  | { readonly do: "take"; readonly material: Material }
  /** Creates the client anew, as a restarted process does, unless it asks for material itself. */
  | { readonly do: "renew" }
  | { readonly do: "weigh" }
  | { readonly do: "end" };

/** Message from a client's process. */
export type ClientNews =
  | { readonly calls: readonly CallRecord[]; readonly starvedMs: number }
  | { readonly heap: number }
  | { readonly end: ClientEnd };

/** Remains of a client once it was closed. */
export interface ClientEnd extends Left {
  /** Calls that had not ended when the wait was over. */
  readonly hung: number;
  /** Listeners on the signal that all calls share. */
  readonly listeners: number;
  readonly delay: DelaySeen;
}

const CALLERS: Record<ClientName, (place: Place) => Caller> = {
  ameide: ameideCaller,
  "connect-node": connectNodeCaller,
  "grpc-js": grpcJsCaller,
};
const TELL_MS = 250;
const LEAVE_MS = 1_000;

let material: Material;
let place: Place;
let plant: Plant | undefined;
let caller: Caller;
const delay = new Delay(real);
const workers = new Workers((kind, text) => caller.call(kind, text));
let telling: Promise<void> | undefined;

process.on("message", (order: ClientOrder) => {
  void follow(order);
});

async function follow(order: ClientOrder): Promise<void> {
  switch (order.do) {
    case "begin":
      begin();
      ({ material, plant } = order);
      place = {
        column: order.column,
        port: order.port,
        material: () => material,
        signal: new AbortController().signal,
        withoutRetries: plant === "no-retries",
      };
      make();
      workers.start(order.column.title, order.workers);
      delay.start();
      telling = tellAll();
      break;
    case "take":
      ({ material } = order);
      break;
    case "renew": {
      if (caller.rotates) {
        return;
      }
      const old = caller;
      make();
      old.close();
      break;
    }
    case "weigh":
      tell({ heap: await usedHeap() });
      break;
    case "end": {
      const hung = await workers.stop();
      const seen = delay.stop();
      await telling;
      caller.close();
      // A destroyed socket is closed some turns of the event loop later, and the one timer of all
      // limits stays until it would have fired.
      const until = nowMs() + TIMES.deadlineMs + LEAVE_MS;
      while (isAnything(left()) && nowMs() < until) {
        await wait(10);
      }
      const stays = left();
      const unhandledRejections = stays.unhandledRejections.map(String);
      const listeners = listenersOf(place.signal);
      tell({ end: { ...stays, unhandledRejections, hung, listeners, delay: seen } });
    }
  }
}

function isAnything({ timers, sockets, resources }: Left): boolean {
  return timers + sockets + resources.length > 0;
}

function make(): void {
  caller = planted(CALLERS[place.column.client](place), plant, place);
}

async function tellAll(): Promise<void> {
  while (!workers.stopped) {
    await wait(TELL_MS);
    tell({ calls: workers.take(), starvedMs: delay.take() });
  }
}

function tell(news: ClientNews): void {
  process.send?.(news);
}
