import { seededRandom } from "@ameideio/ameide-sdk-ts/testing";
import { stepsOf } from "./steps.js";
import { connectBy, type Connected } from "./clients.js";
import { usedHeap } from "./heap.js";
import { Inputs } from "./inputs.js";
import { KINDS, kindsOver, type Kind } from "./methods.js";
import { leak, type Plant } from "./plant.js";
import type { Started } from "./servers.js";
import { listenersOf, wait } from "./watch.js";
import { WIRES, type Wire } from "./wires.js";

/** Extent of a run. */
export interface RunOptions {
  readonly calls: number;
  readonly seed: number;
  readonly plant: Plant | undefined;
}

/** Counts of a run, including those that are not visible from outside. */
export interface Done {
  /** Calls made, those before the first block included. */
  calls: number;
  /** How often each thing was done, by `kind: step` and by wire. */
  readonly steps: Map<string, number>;
  readonly wires: Map<string, number>;
  /** How calls ended, by `kind: outcome`. */
  readonly outcomes: Map<string, number>;
  /** Listeners left on callers' signals. */
  listeners: number;
  readonly inputs: Inputs;
  /** Heap in use after each block, in bytes; then that after `close()`. */
  readonly heap: number[];
  heapAtEnd: number;
}

/** Blocks in which the heap is looked at, after one to warm up. */
export const BLOCKS = 9;
const CALLERS = 32;
const SHORT_LIVED = 10;
const PATIENT = 0.4;

/** Makes the calls, and closes everything. */
export async function run(started: Started, options: RunOptions): Promise<Done> {
  const random = seededRandom(options.seed).backoff;
  const done: Done = {
    calls: 0,
    steps: new Map(),
    wires: new Map(),
    outcomes: new Map(),
    listeners: 0,
    inputs: new Inputs(),
    heap: [],
    heapAtEnd: 0,
  };
  const clients = WIRES.map((wire) => connectBy(wire, started, random));
  const port = Number(new URL(started.urls[0] ?? "").port);
  const maker = new Maker(done, random, options.plant, port);
  const perBlock = Math.ceil(options.calls / BLOCKS);
  await maker.block(clients, started, perBlock * 2);
  await usedHeap();
  for (let block = 0; block < BLOCKS; block++) {
    await maker.block(clients, started, perBlock);
    done.heap.push(await usedHeap());
  }
  // The last calls are in flight when everything is closed.
  const last = clients.flatMap((client, index) => {
    const wire = WIRES[index] as Wire;
    return kindsOver(wire.httpVersion).map((kind) => maker.call(client, wire, kind));
  });
  await wait(2);
  for (const { transport } of clients) {
    transport.close();
  }
  await Promise.all(last);
  clients.length = 0;
  done.heapAtEnd = await usedHeap();
  maker.look();
  return done;
}

class Maker {
  /** Signals of abandoned calls. */
  private abandoned: AbortSignal[] = [];

  constructor(
    private readonly done: Done,
    private readonly random: () => number,
    private readonly plant: Plant | undefined,
    private readonly port: number,
  ) {}

  async block(clients: readonly Connected[], started: Started, calls: number): Promise<void> {
    let left = calls - SHORT_LIVED * KINDS.length;
    const caller = async () => {
      while (left-- > 0) {
        const index = this.below(WIRES.length);
        const wire = WIRES[index] as Wire;
        const kinds = kindsOver(wire.httpVersion);
        const kind = kinds[this.below(kinds.length)] as Kind;
        await this.call(clients[index] as Connected, wire, kind);
      }
    };
    const shortLived = async () => {
      for (let i = 0; i < SHORT_LIVED; i++) {
        await this.closeInMidCall(started);
      }
    };
    await Promise.all([...Array.from({ length: CALLERS }, caller), shortLived()]);
    await usedHeap();
    this.look();
  }

  /** Makes one call, and does something with it. */
  async call({ sdk, connect }: Connected, wire: Wire, kind: Kind): Promise<void> {
    const { done, random } = this;
    const steps = Object.entries(stepsOf(kind));
    // A caller that waits to the end sees most of a server.
    const patient = this.random() < PATIENT;
    const [name, step] = steps[patient ? 0 : this.below(steps.length)] as (typeof steps)[number];
    const controller = new AbortController();
    const { signal } = controller;
    const how = await step({ sdk, connect, kind, controller, inputs: done.inputs, random });
    done.calls += 1;
    count(done.steps, `${kind}: ${name}`);
    count(done.wires, wire.name);
    count(done.outcomes, `${kind}: ${how}`);
    leak(this.plant, { signal }, this.port);
    if (how === "abandoned") {
      this.abandoned.push(signal);
    } else {
      await wait(0);
      done.listeners += listenersOf(signal);
    }
  }

  /** Abandoned signals have been found by now. */
  look(): void {
    for (const signal of this.abandoned) {
      this.done.listeners += listenersOf(signal);
    }
    this.abandoned = [];
  }

  private async closeInMidCall(started: Started): Promise<void> {
    const wire = WIRES[this.below(WIRES.length)] as Wire;
    const client = connectBy(wire, started, this.random);
    const kinds = kindsOver(wire.httpVersion);
    const calls = kinds.map((kind) => this.call(client, wire, kind));
    await wait(this.below(8));
    client.transport.close();
    await Promise.all(calls);
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
