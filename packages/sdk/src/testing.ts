import type { ConnectRouter } from "@connectrpc/connect";
import type { UniversalClientFn } from "@connectrpc/connect/protocol";
import {
  aFunction,
  aNumber,
  anObject,
  checkTestOptions,
  checkTestValue,
  having,
} from "./runtime/check_test_options.js";
import { configError } from "./errors/errors.js";
import { createMemoryHttpClient } from "./wire/memory_client.js";
import type { AmeideOptions } from "./options/options.js";
import { readOptions } from "./errors/read_options.js";
import { BEHAVIOR_1, type PolicyConstants } from "./policy/policy.js";
import { type Clock, type Randomness, runtimeOption, systemRuntime } from "./runtime/runtime.js";
import {
  createVirtualClock,
  type VirtualClock,
  type VirtualClockOptions,
} from "./runtime/virtual_clock.js";

export { integrationMode, type IntegrationMode } from "./options/integration_mode.js";
export { createMemoryHttpClient } from "./wire/memory_client.js";
export type { Clock, Randomness, Timer, TimerKind } from "./runtime/runtime.js";
export { BEHAVIOR_1, type PolicyConstants } from "./policy/policy.js";
export {
  createVirtualClock,
  type VirtualClock,
  type VirtualClockOptions,
} from "./runtime/virtual_clock.js";

/** Parts of the real platform that a test may replace. */
export interface TestRuntime {
  /** Clock. Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Randomness. Default: real. */
  readonly random?: Partial<Randomness> | undefined;
  /** Built-in numbers of the policy: a changed copy of `BEHAVIOR_1`. Default: none changed. */
  readonly constants?: PolicyConstants | undefined;
}

const RUNTIME = {
  clock: having("now", "wallNow", "setTimer", "clearTimer"),
  random: anObject,
  constants: {
    text: "must be a changed copy of BEHAVIOR_1, with all of its members",
    holds: (value: unknown) =>
      anObject.holds(value) && Object.keys(BEHAVIOR_1).every((name) => name in Object(value)),
  },
};

const RANDOM = { backoff: aFunction, authJitter: aFunction, bytes: aFunction };

/**
 * Options that make a client run in a test's platform. A call fails with CONFIG_INVALID, naming
 * `random`, if the randomness gives an invalid value.
 *
 * @throws AmeideError CONFIG_INVALID naming the option and the rule.
 */
export function withTestRuntime(options: AmeideOptions, runtime: TestRuntime): AmeideOptions {
  checkTestValue("options", options, anObject);
  checkTestOptions("runtime", runtime, RUNTIME);
  if (runtime.random !== undefined) {
    checkTestOptions("runtime.random", runtime.random, RANDOM);
  }
  return Object.assign(
    readOptions("options", () => ({ ...options })),
    {
      [runtimeOption]: {
        clock: runtime.clock ?? systemRuntime.clock,
        random: { ...systemRuntime.random, ...(runtime.random && checked(runtime.random)) },
        constants: runtime.constants ?? BEHAVIOR_1,
      },
    },
  );
}

// An invalid random number would give invalid waits.
function checked({ backoff, authJitter, bytes }: Partial<Randomness>): Partial<Randomness> {
  const unit = (name: string, draw: () => number) => () => {
    const drawn: unknown = draw();
    if (typeof drawn !== "number" || !(drawn >= 0 && drawn < 1)) {
      throw configError(`random.${name}`, "must give a number from 0 to less than 1", drawn);
    }
    return drawn;
  };
  return {
    ...(backoff && { backoff: unit("backoff", backoff) }),
    ...(authJitter && { authJitter: unit("authJitter", authJitter) }),
    ...(bytes && {
      bytes: (length: number) => {
        const drawn: unknown = bytes(length);
        if (!(drawn instanceof Uint8Array) || drawn.length !== length) {
          throw configError(
            "random.bytes",
            "must give a Uint8Array of the length asked for",
            drawn,
          );
        }
        return drawn;
      },
    }),
  };
}

const NUMBERS = {
  text: "must be given at least one number, and nothing else",
  holds: (value: unknown) => {
    const given = value as readonly unknown[];
    return given.length > 0 && given.every((each) => typeof each === "number");
  },
};

/** Returns a source that gives these numbers, then the last one forever. */
export function sequence(...values: readonly [number, ...number[]]): () => number {
  checkTestValue("sequence", values, NUMBERS);
  let i = 0;
  return () => values[Math.min(i++, values.length - 1)] as number;
}

/** Returns randomness that is the same for the same seed (mulberry32). */
export function seededRandom(seed: number): Randomness {
  checkTestValue("seed", seed, aNumber);
  const stream = (salt: number) => {
    let state = (seed ^ salt) >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
  };
  const ids = stream(3);
  return {
    backoff: stream(1),
    authJitter: stream(2),
    bytes: (length) => Uint8Array.from({ length }, () => Math.floor(ids() * 256)),
  };
}

/**
 * Returns options for a client over handlers in this process, on a virtual clock.
 *
 * @param time - Behavior of the clock: `{ autoAdvance: true }` for one that moves by itself.
 */
export function memoryOptions(
  routes: (router: ConnectRouter) => unknown,
  options: AmeideOptions = {},
  time: VirtualClockOptions = {},
): { options: AmeideOptions; clock: VirtualClock } {
  checkTestValue("options", options, anObject);
  const clock = createVirtualClock(time);
  const transport = createMemoryHttpClient(routes, clock);
  const merged = readOptions("options", () => ({
    baseUrl: "https://memory.test",
    transport,
    ...options,
  }));
  return { options: withTestRuntime(merged, { clock }), clock };
}

/** Request that an HTTP client was given. */
export interface WatchedRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
}

const AN_ADDRESS = {
  text: "must be an address, for instance https://api.example.com",
  holds: (value: unknown) => typeof value === "string" && URL.canParse(value),
};

// An empty text is contained in every header.
const SECRETS = {
  text: "must be an array of texts that are not empty",
  holds: (value: unknown) =>
    Array.isArray(value) && value.every((each) => typeof each === "string" && each !== ""),
};

/**
 * Wraps an HTTP client so that a test can assert that no credential left the
 * origin it is meant for.
 *
 * @param secrets - Values that must reach no other origin: tokens, keys, tenants.
 */
export function watchCredentials(
  client: UniversalClientFn,
  origin: string,
  secrets: readonly string[],
): { client: UniversalClientFn; requests: readonly WatchedRequest[]; assertNoneLeft(): void } {
  checkTestValue("client", client, aFunction);
  checkTestValue("origin", origin, AN_ADDRESS);
  checkTestValue("secrets", secrets, SECRETS);
  const requests: WatchedRequest[] = [];
  const home = new URL(origin).origin;
  return {
    requests,
    client: (request) => {
      requests.push({
        url: request.url,
        method: request.method,
        headers: [...request.header.entries()],
      });
      return client(request);
    },
    assertNoneLeft() {
      for (const { url, headers } of requests) {
        const away = new URL(url).origin !== home;
        const leaked = headers.find(([, value]) =>
          secrets.some((secret) => value.includes(secret)),
        );
        if (away && leaked !== undefined) {
          throw new Error(`the header ${leaked[0]} went to ${new URL(url).origin}`);
        }
      }
    },
  };
}
