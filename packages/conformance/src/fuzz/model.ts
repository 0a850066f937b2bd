import { create } from "@bufbuild/protobuf";
import {
  type Answer,
  type Call,
  Cut,
  Deed,
  type Derive,
  type Given,
  type Script,
  SettingsSchema,
} from "@ameideio/conformance-proto";
import { CallRun, textLength } from "./model/call.js";
import { Provider } from "./model/credentials.js";
import { documentBudget, documentPolicies } from "./model/document.js";
import { refusedCall, REFUSED_CONFIG } from "./model/errors.js";
import type { World } from "./model/exchange.js";
import { type Level, levelOf, type Levels, METHODS } from "./model/levels.js";
import { Notes } from "./model/notes.js";
import { budgetOf, CONFIG_INVALID, policyOf, isRefused, type Protocol } from "./model/policy.js";
import type { PredictedError, PredictedOutcome, Prediction } from "./model/prediction.js";
import { Draws, type Process, Simulation, Tokens } from "./model/simulation.js";

const WALL_CLOCK_MS = Date.UTC(2026, 0, 1);
/** Limit that no error exceeds. */
const SHORTEST_LIMIT = 1000;
// A longer text may or may not fit into an address of 8000, depending on its format and characters.
const LONGEST_GET = 1000;
const READ_MAX_BYTES = 4 * 1024 * 1024;

/**
 * The reference model: what happens when `given` meets `script`, according to docs/behaviour.md,
 * whose sections it cites (§3.2). It shares nothing with any SDK.
 *
 * @param protocol - Protocol of the calls. Default Connect.
 */
export function predict(given: Given, script: Script, protocol: Protocol = "connect"): Prediction {
  const notes = new Notes();
  const simulation = new Simulation();
  const budget = budgetOf(given);
  const { cost, throttleCost, capacity } = budget;
  const stated = [...Object.values(budget), ...Object.values(documentBudget(given))];
  if (stated.some((tokens) => typeof tokens === "number" && (tokens < 1 || tokens > 10_000))) {
    notes.invalid("a budget out of range");
  }
  const wallClockMs = given.wallClockMs === 0n ? WALL_CLOCK_MS : Number(given.wallClockMs);
  const world: World = {
    protocol,
    simulation,
    notes,
    script,
    draws: new Draws(given.random),
    tokens: new Tokens(capacity),
    costs: { cost, throttleCost },
    provider: new Provider(simulation, notes, new Draws(given.authRandom), wallClockMs),
    wallClockMs,
    readMaxBytes: Number(given.client?.readMaxBytes ?? READ_MAX_BYTES),
    interceptors: (given.client?.interceptors ?? []).map(({ append }) => append),
    canceledOn: given.client?.watchers.find(({ does }) => does === Deed.CANCEL)?.at,
    longestGet: LONGEST_GET,
    requests: [],
    sleeps: [],
    sleepsKnown: true,
  };
  if (world.readMaxBytes < SHORTEST_LIMIT) {
    notes.invalid("a limit that errors are over");
  }
  const answers = [...script.answers, ...(script.otherwise ? [script.otherwise] : [])];
  if (answers.some((each) => isLong(each) && isMeasured(each, world.readMaxBytes))) {
    notes.invalid("a long error that is cut, or over a limit");
  }
  if (documentPolicies(given).some(isRefused)) {
    notes.invalid("a document of no client");
  }
  const clients = new Clients(given, notes);
  const outcomes: PredictedOutcome[] = [];
  let parallel = false;
  for (const { action } of given.steps) {
    if (action.case === "advanceMs") {
      simulation.advance(Number(action.value));
    } else if (action.case === "wallJumpMs") {
      world.provider.settle();
      simulation.wallShift += Number(action.value);
    } else if (action.case === "derive") {
      clients.derive(action.value);
    } else if (action.case === "call") {
      if (action.value.parallel > 1) {
        parallel = true;
      }
      outcomes.push(...makeCalls(given, action.value, clients, world, outcomes.length));
    } else {
      notes.invalid(`a step the model does not know: ${String(action.case)}`);
    }
  }
  if (outcomes.length === 0) {
    notes.invalid("no call");
  }
  // Failing changes nothing; other deeds are up to the cases.
  const deeds = [Deed.THROW, Deed.REJECT, Deed.CANCEL];
  if (given.client?.watchers.some(({ does }) => !deeds.includes(does))) {
    notes.invalid("a watcher that does what the model does not know");
  }
  if (given.client?.watchers.some(({ at, does }) => does === Deed.CANCEL && at === "")) {
    notes.invalid("a watcher that does not say when it cancels");
  }
  return {
    outcomes,
    requests: world.requests,
    sleeps: world.sleepsKnown ? world.sleeps.filter((ms) => ms > 0) : undefined,
    // Before the first request, nothing tells how full it is.
    budget: world.requests.length === 0 ? undefined : world.tokens.left,
    providerCalls: world.provider.calls,
    parallel,
    undecided: notes.undecidedQuestions,
    notes: notes.all,
  };
}

function isLong({ action }: Answer): boolean {
  const error = action.case === "stream" ? action.value.error : action.value;
  return (
    typeof error === "object" &&
    "details" in error &&
    (error.messageTimes > 1 ||
      error.details.some(({ times, valueTimes }) => times + valueTimes > 1))
  );
}

function isMeasured({ cut }: Answer, readMaxBytes: number): boolean {
  return cut !== Cut.UNSPECIFIED || readMaxBytes < READ_MAX_BYTES;
}

function makeCalls(
  given: Given,
  call: Call,
  clients: Clients,
  world: World,
  first: number,
): PredictedOutcome[] {
  if (!METHODS.includes(call.method)) {
    world.notes.invalid(`a method the model does not know: ${call.method}`);
    return [];
  }
  const { cancel } = call;
  if (cancel && cancel.afterMs === undefined && !cancel.beforeStart && !cancel.byCallback) {
    world.notes.invalid("a cancel that does not say when");
  }
  const { now } = world.simulation;
  const processes = Array.from({ length: Math.max(1, call.parallel) }, (_, index) => {
    const own = call.tenantEach ? ofTenant(call, `t${index + 1}`) : call;
    const levels = clients.levelsOf(own);
    const policy = policyOf({ given, protocol: world.protocol }, own, levels, world.notes);
    if (policy === CONFIG_INVALID) {
      return ended(now, refusedAtOnce(REFUSED_CONFIG));
    }
    if (policy.get && textLength(own) > LONGEST_GET) {
      world.notes.invalid("a text that may be too long for an address");
    }
    const cancels = index === 0 || !(call.cancel?.firstOnly ?? false);
    if (call.cancel?.beforeStart && cancels) {
      const stopReason = call.cancel.asTimeout ? "deadline" : "canceled";
      const error = refusedCall(stopReason, [], { attemptsOpen: true, committed: false });
      return ended(now, refusedAtOnce(error));
    }
    return new CallRun(world, call, policy, {
      number: first + index,
      cancels,
      sideBySide: call.parallel > 1,
    }).run();
  });
  return world.simulation.run(processes);
}

function ofTenant(call: Call, tenant: string): Call {
  const settings = { ...(call.settings ?? create(SettingsSchema)), tenant, tenantNull: false };
  return { ...call, settings };
}

function refusedAtOnce(error: PredictedError): PredictedOutcome {
  return { ok: null, error, durationMs: 0, messages: [], headersMs: undefined };
}

// A call that is over at once, but not before others of the same time have begun.
function* ended(at: number, outcome: PredictedOutcome): Process<PredictedOutcome> {
  yield at;
  return outcome;
}

function hasEmptyCredential({ credential }: Level): boolean {
  if (credential?.kind === "bearer") {
    return credential.token === "";
  }
  return credential?.kind === "header" && credential.value === "";
}

/** First client, and those derived from it. */
class Clients {
  /** Settings of each client, the most derived first, without those of the first client. */
  private readonly derived = new Map<string, readonly Level[]>([["", []]]);

  constructor(
    private readonly given: Given,
    private readonly notes: Notes,
  ) {
    const { settings, methods = {} } = given.client ?? {};
    const all = [...(settings === undefined ? [] : [settings]), ...Object.values(methods)];
    const levels = all.map(levelOf);
    if (levels.some(isRefused) || levels.some(hasEmptyCredential)) {
      notes.invalid("settings no client can be made with");
    }
  }

  derive({ name, from, settings }: Derive): void {
    const base = this.derived.get(from);
    if (base === undefined) {
      this.notes.invalid(`a client derived from ${from}, which there is not`);
      return;
    }
    const level = settings === undefined ? {} : levelOf(settings);
    if (isRefused(level) || hasEmptyCredential(level)) {
      this.notes.invalid("settings no client can be derived with");
    }
    this.derived.set(name, [level, ...base]);
  }

  levelsOf({ method, client, settings }: Call): Levels {
    const derived = this.derived.get(client);
    if (derived === undefined) {
      this.notes.invalid(`a call by ${client}, which there is not`);
    }
    const { settings: own, methods: byMethod = {} } = this.given.client ?? {};
    const methods = [byMethod[method], byMethod["*"]].flatMap((entry) =>
      entry === undefined ? [] : [levelOf(entry)],
    );
    const call = settings === undefined ? undefined : levelOf(settings);
    const client0 = own === undefined ? [] : [levelOf(own)];
    const code = [
      ...(call === undefined ? [] : [call]),
      ...(derived ?? []),
      ...methods,
      ...client0,
    ];
    return { code, call };
  }
}
