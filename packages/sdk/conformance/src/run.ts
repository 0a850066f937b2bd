import { getEventListeners } from "node:events";
import { create, fromJson, type JsonValue, type MessageInitShape } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import type { AmeideOptions, CallEvent, Logger } from "@ameideio/ameide-sdk-ts";
import { type PolicyConstants, sequence, withTestRuntime } from "@ameideio/ameide-sdk-ts/testing";
import {
  ConformanceService,
  type Derive,
  type Given,
  GivenSchema,
  type RunRequest,
  type RunResponse,
  RunResponseSchema,
  ScriptSchema,
  type Step,
} from "@ameideio/conformance-proto";
import { type CallContext, goThrough, makeCalls } from "./calls.js";
import { perturbed } from "./constants.js";
import { type CaseClient, entryNamed, FETCH, loadFetch } from "./entries.js";
import { perform, type Reach } from "./deeds.js";
import { clientOptions, type ProviderContext, settings } from "./options.js";
import { type Outcome, outcomeOf } from "./outcome.js";
import { fetchOver } from "./script_fetch.js";
import { scriptClient, type ScriptClient } from "./script_client.js";
import {
  countSockets,
  realTime,
  virtualTime,
  watchTimers,
  withEnvironment,
} from "./environment.js";
import { recordTelemetry, withBaggage } from "./telemetry.js";
import { watchTrouble } from "./unhandled.js";

/** Runs a case and reports what happened. */
export async function run(request: RunRequest): Promise<RunResponse> {
  if (request.httpClient === FETCH) {
    await loadFetch();
  }
  const value = await new Run(request).run();
  return create(RunResponseSchema, value);
}

type Response = Exclude<MessageInitShape<typeof RunResponseSchema>, RunResponse>;

class Run implements CallContext, Reach {
  private readonly given: Given;
  private readonly open: (options: AmeideOptions) => CaseClient;
  private readonly trouble = watchTrouble();
  private readonly constants: PolicyConstants;
  readonly context: ProviderContext;
  private readonly timers: ReturnType<typeof watchTimers>;
  private readonly memory: ScriptClient | undefined;
  private readonly telemetry: ReturnType<typeof recordTelemetry> | undefined;
  private readonly clients = new Map<string, CaseClient>();
  readonly signals: AbortSignal[] = [];
  readonly cancelers: (() => void)[] = [];
  private readonly outcomes: Outcome[] = [];
  private calledAgain = false;
  private again: Promise<unknown> | undefined;
  private readonly drains: Promise<{ aborted: number; ms: number }>[] = [];
  readonly items: string[] = [];
  readonly unread: unknown[] = [];
  private readonly logs: { level: string; text: string }[] = [];
  private readonly events: CallEvent[] = [];
  private explained: Pick<Response, "explained" | "policyHash" | "explainText"> = {};
  onAttemptFailed: (() => void) | undefined;

  constructor(private readonly request: RunRequest) {
    this.given = request.given ?? create(GivenSchema);
    const wallMs = Number(this.given.wallClockMs) || Date.UTC(2026, 0, 1);
    const inMemory = request.baseUrl === "";
    if (inMemory && this.given.client?.sendCompression === "gzip") {
      throw new Error("compression takes real time: no clock in memory can wait for it");
    }
    this.constants = perturbed(request.constants);
    const time = inMemory ? virtualTime(wallMs) : realTime(wallMs);
    this.open = entryNamed(request, this.given.client?.loadMs ?? [], time);
    this.context = { time, providerCalls: 0, perform: (deed) => perform(deed, this) };
    this.timers = watchTimers(time);
    this.memory = inMemory ? scriptClient(request.script ?? create(ScriptSchema), time) : undefined;
    const toldOfSpans = () => this.watch("telemetry", undefined);
    this.telemetry = this.given.client?.telemetry ? recordTelemetry(toldOfSpans) : undefined;
  }

  cancel(): void {
    this.cancelers.splice(0).forEach((cancel) => cancel());
  }

  close(): void {
    this.clients.get("")?.close();
  }

  drain(): void {
    const { clock } = this.timers;
    const beganMs = clock.now();
    const drained = this.client("").drain();
    this.drains.push(drained.then(({ aborted }) => ({ aborted, ms: clock.now() - beganMs })));
  }

  callAgain(): void {
    if (this.calledAgain) {
      return;
    }
    this.calledAgain = true;
    this.again = outcomeOf(this.timers.clock, async () => {
      const { text } = await this.client("").conformance.idempotent({ text: "again" });
      return text;
    });
  }

  // Returns the reaction of a watcher of this name to an event.
  private watch(who: string, event: string | undefined): Promise<void> | undefined {
    const deeds = (this.given.client?.watchers ?? [])
      .filter((each) => each.who === who && (each.at === "" || each.at === event))
      .map(({ does }) => perform(does, this));
    return deeds.find((each) => each !== undefined);
  }

  async run(): Promise<Response> {
    const baggage = this.given.ambientBaggage;
    const all = async () => {
      await (Object.keys(baggage).length === 0
        ? this.inSpan()
        : withBaggage(baggage, () => this.inSpan()));
      await this.again;
      await Promise.all(this.drains);
      if (!this.given.leftOpen) {
        this.close();
      }
    };
    const sockets = this.memory === undefined ? await countSockets(all) : await all().then(() => 0);
    const budgets = this.events.flatMap((event) =>
      "budgetTokens" in event ? [event.budgetTokens] : [],
    );
    const budget = budgets.at(-1);
    const { unhandled, warnings } = await this.trouble.counted();
    return {
      outcomes: this.outcomes,
      requests: [...((await this.memory?.requests()) ?? [])],
      sleeps: this.timers.sleeps,
      longestTimerMs: this.timers.longest(),
      ...(budget !== undefined && { budget }),
      providerCalls: this.context.providerCalls,
      items: this.items,
      ...this.explained,
      drained: await Promise.all(this.drains),
      spans: this.telemetry?.spans() ?? [],
      metrics: (await this.telemetry?.metrics()) ?? {},
      logs: this.logs,
      events: this.events.map((event) => JSON.stringify(event)),
      leaks: {
        timers: this.timers.left(),
        listeners: this.signals.flatMap((signal) => getEventListeners(signal, "abort")).length,
        // Connections of fetch belong to the runtime.
        sockets: this.request.httpClient === FETCH ? 0 : sockets,
        unhandled,
        warnings,
      },
    };
  }

  private async inSpan(): Promise<void> {
    const spanned = this.given.ambientSpan ? this.telemetry : undefined;
    await (spanned?.inSpan(() => this.steps()) ?? this.steps());
  }

  // A client that cannot be created ends the case: the error is its outcome.
  private async steps(): Promise<void> {
    if (!(await this.make("", () => this.open(this.options())))) {
      return;
    }
    for (const step of this.given.steps) {
      await this.step(step.action);
    }
  }

  private options(): AmeideOptions {
    const random = {
      backoff: sequence(...listOr(this.given.random, 0.5)),
      authJitter: sequence(...listOr(this.given.authRandom, 0.5)),
    };
    const options = {
      ...clientOptions(this.request, this.context),
      telemetry: this.telemetry?.telemetry ?? (false as const),
      observer: (event: CallEvent) => this.observe(event),
      ...(this.given.client?.logLevel && {
        logLevel: this.given.client.logLevel as "debug",
        logger: this.logger(),
      }),
      ...(this.memory && this.inMemory(this.memory)),
    };
    const runtime = { clock: this.timers.clock, random, constants: this.constants };
    return withTestRuntime(options, runtime);
  }

  private inMemory({ client }: ScriptClient): AmeideOptions {
    return this.request.httpClient === FETCH ? { fetch: fetchOver(client) } : { transport: client };
  }

  // Creates a client under a name; an error is an outcome.
  private async make(name: string, make: () => CaseClient): Promise<boolean> {
    const outcome = await outcomeOf(this.timers.clock, async () => {
      this.clients.set(name, withEnvironment(this.given.env, make));
      return "";
    });
    if (outcome.error !== undefined) {
      this.outcomes.push(outcome);
    }
    return outcome.error === undefined;
  }

  private async step(action: Step["action"]): Promise<void> {
    switch (action.case) {
      case "call":
        this.outcomes.push(
          ...(await makeCalls(action.value, this.client(action.value.client), this)),
        );
        return;
      case "derive":
        return this.derive(action.value);
      case "advanceMs":
        return this.context.time.advance(Number(action.value));
      case "wallJumpMs":
        this.context.time.jumpWall(Number(action.value));
        return;
      case "paginate":
        this.outcomes.push(await goThrough(action.value, this.client(""), this));
        return;
      case "explain":
        return this.explain(action.value);
      case undefined:
        throw new Error("a step says nothing");
    }
  }

  private async derive(given: Derive): Promise<void> {
    const changes = {
      ...settings(given.settings, this.context),
      ...(given.baseUrl !== "" && { baseUrl: given.baseUrl }),
      ...(given.environmentCredentials && { environmentCredentials: true }),
    };
    await this.make(given.name, () => this.client(given.from).derive(changes));
  }

  private explain(name: string): void {
    const method = ConformanceService.methods.find((each) => each.name === name);
    if (method === undefined) {
      throw new Error(`there is no method ${name}`);
    }
    const explanation = this.client("").explain(method);
    const { values, hash } = explanation;
    const entries = Object.entries(values).map(([key, { value, source }]) => {
      const json = JSON.parse(JSON.stringify(value ?? null)) as JsonValue;
      return [key, { value: fromJson(ValueSchema, json), source }] as const;
    });
    this.explained = {
      explained: Object.fromEntries(entries),
      policyHash: hash ?? "",
      explainText: String(explanation),
    };
  }

  private client(name: string): CaseClient {
    const client = this.clients.get(name);
    if (client === undefined) {
      throw new Error(`there is no client ${name}`);
    }
    return client;
  }

  private observe(event: CallEvent): void | Promise<void> {
    this.events.push(event);
    if (event.type === "attempt_failed") {
      this.onAttemptFailed?.();
      this.onAttemptFailed = undefined;
    }
    return this.watch("observer", event.type);
  }

  private logger(): Logger {
    const log =
      (level: string) =>
      (message: string, fields: object): unknown => {
        this.logs.push({ level, text: `${message} ${JSON.stringify(fields)}` });
        return this.watch("logger", message.replace("ameide ", "").replaceAll(" ", "_"));
      };
    return { error: log("error"), warn: log("warn"), info: log("info"), debug: log("debug") };
  }
}

function listOr(list: readonly number[], fallback: number): readonly [number, ...number[]] {
  const [first = fallback, ...rest] = list;
  return [first, ...rest];
}
