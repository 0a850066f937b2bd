import { readFileSync } from "node:fs";
import {
  ClientPolicySchema,
  MethodFactsSchema,
  MethodPolicyEntrySchema,
  MethodPolicySchema,
  RetryBudgetSchema,
} from "@ameideio/core-proto/ameide/policy/v1";
import { describe, expect, it } from "vitest";
import { thrownBy } from "./harness/scripted_threads.js";
import { MAX_BYTES, MAX_DATA_DEPTH, MAX_DEPTH } from "../src/events/bounded_json.js";
import { QUIET_MS } from "../src/http/full_pool.js";
import { UNWANTED_MS } from "../src/http/demand.js";
import { DOUBTFUL_MS, HINT_MARGIN_MS, IDLE_SOCKET_MS } from "../src/http/idle_sockets.js";
import { SILENCE_MS } from "../src/http/http2_connection.js";
import { ANSWER_MS, LONGEST_MAKING_MS, MAKING_MS } from "../src/http/http2_pool.js";
import { IDLE_CONNECTION_MS } from "../src/http/idle_timer.js";
import { NEXT_ADDRESS_MS, TCP_KEEPALIVE_MS } from "../src/http/connect_first.js";
import {
  ALONE_MS,
  FIRST_PAUSE_MS,
  LONGEST_PAUSE_MS,
  PATIENCE_MS,
} from "../src/http/connect_backoff.js";
import { createAmeideTransport } from "../src/node.js";
import { BEHAVIOR_1 } from "../src/policy/policy.js";
import {
  BOUNDS,
  boundsOf,
  BUDGET,
  CLIENT,
  KINDS,
  type PolicyRow,
  type PolicyValues,
  ROWS,
  type ValueRule,
  VARIABLES,
} from "../src/policy/policy_table.js";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const behaviour = ["behaviour", "failures", "connections", "deadlines", "credentials", "precedence"]
  .map((page) => read(`docs/${page}.md`).replaceAll(/\s+/g, " "))
  .join(" ");
const production = read("docs/in-production.md").replaceAll(/\s+/g, " ");
const readme = read("README.md").replaceAll(/\s+/g, " ");

const { defaults, budget } = BEHAVIOR_1;

describe("docs/behaviour.md and the pages of its sections", () => {
  /** Members of the behavior that a row below has asked for: `budget.cost`. */
  const asked = new Set<string>();
  const behavior = watched(BEHAVIOR_1, asked);
  const { defaults: values, budget: tokens } = behavior;

  it.each([
    ["overall deadline", `${values.timeoutMs} ms overall`],
    ["attempt timeout", `An attempt has ${values.attemptTimeoutMs} ms`],
    ["first message", `first message of a server stream has ${values.firstMessageTimeoutMs} ms`],
    ["further messages", `each further message ${values.idleTimeoutMs} ms`],
    ["attempts", `${values.maxAttempts} in all (1 to ${behavior.maxMaxAttempts})`],
    [
      "base",
      `sent *maybe*, or cut by the attempt timeout or the first-message timeout | ${values.baseDelayMs} ms`,
    ],
    ["throttle base", `with a hint to wait | ${values.throttleDelayMs} ms`],
    ["cap", `min(${values.maxDelayMs}, base · 2^i)`],
    ["cap of a wait for a server", `a cap of ${behavior.maxReadyDelayMs} ms`],
    ["pause between connects", `a pause of ${FIRST_PAUSE_MS} ms, twice as long`],
    ["longest pause", `at most ${LONGEST_PAUSE_MS} ms, half of it random`],
    ["patience with a pause", `comes with at most ${PATIENCE_MS} ms of it left waits`],
    ["patience with one that is alone", `for all who wait, for ${LONGEST_PAUSE_MS} ms`],
    ["patience with a connect", `the first of many, for ${ALONE_MS} ms.`],
    ["longest server delay", `A hint over ${values.maxServerDelayMs} ms`],
    ["hint jitter", `a tenth of it (at most ${behavior.hintJitterCapMs} ms)`],
    ["share of it", { 10: "plus up to a tenth of it" }[behavior.hintJitterDivisor]],
    ["least time after a wait", `less than ${behavior.deadlineMarginMs} ms would be left after`],
    ["longest timeout", `in ${String(behavior.maxWireTimeoutMs).length} digits at most`],
    ["mesh", `so ${behavior.presets.mesh.maxAttempts} attempt;`],
    ["budget", `${tokens.capacity} tokens per client family and origin`],
    ["costs", `A retry costs ${tokens.cost}, after a throttle ${tokens.throttleCost}`],
    ["refund", `what its last retry cost, or ${behavior.successRefund}.`],
    ["ambient margin", `${behavior.ambientMarginMs} ms within the deadline`],
    ["least time", `Under ${behavior.minWireTimeoutMs} ms left, nothing is sent`],
    [
      "advisory refresh",
      `${behavior.advisoryRefreshMs / 1000} s (± ${behavior.advisoryJitter * 100} %)`,
    ],
    ["mandatory refresh", `from ${behavior.mandatoryRefreshMs / 1000} s before`],
    ["advisory share", `second half (${behavior.advisoryLifeShare} of its life`],
    ["mandatory share", `last quarter (${behavior.mandatoryLifeShare})`],
    ["failed refresh", `in the background for ${behavior.failedRefreshWaitMs / 1000} s`],
    ["least use of a token", `used for ${behavior.minTokenUseMs} ms after it came`],
    ["least expiry", `a number below ${behavior.minExpiryMs} can only be seconds`],
    ["pause of a provider", `not asked again for ${behavior.providerPauseMs} ms`],
    ["pause after a refusal", `is refused within ${behavior.providerPauseMs} ms`],
    [
      "error of a provider",
      `first ${BOUNDS.maxThrownCharacters} characters of each of ${BOUNDS.maxThrownTexts} texts`,
    ],
    ["unknown fields", `at most ${BOUNDS.maxFaults} of them`],
    ["wrong values", `the first ${BOUNDS.maxFaults}. \`ameide-policy`],
    ["deadline of a provider", `told a deadline of ${behavior.tokenTimeoutMs} ms`],
    ["limit of who joins", `makes one of its own when it is ${behavior.tokenJoinMs} ms old`],
    ["share of who joins", `a share of ${behavior.tokenJoinShare} of the time`],
    ["requests at once", `most ${behavior.maxTokenRequests} requests to a provider`],
    ["tokens kept", `the ${behavior.maxTokens} used last`],
    ["origins kept", `kept of the ${BOUNDS.maxOrigins} origins used last`],
    ["idle connections", `closed after ${IDLE_CONNECTION_MS / 60_000} minutes without a call`],
    ["connect timeout", `A connection has ${behavior.connectTimeoutMs} ms`],
    ["connections nobody waits for", `given up after ${UNWANTED_MS} ms`],
    ["next address", `the next one ${NEXT_ADDRESS_MS} ms after`],
    ["TCP keepalive", `After ${TCP_KEEPALIVE_MS / 1000} s without traffic`],
    ["PINGs", `nothing has come for ${behavior.keepAlive.intervalMs / 1000} s (`],
    ["answer to a PING", `in ${behavior.keepAlive.timeoutMs / 1000} s (\`keepAlive.timeoutMs\`)`],
    ["silence", `since it began or for ${SILENCE_MS} ms`],
    ["time of that PING", `half of that silence, ${ANSWER_MS} ms at most`],
    ["one that is made", `that was begun ${MAKING_MS} ms ago`],
    ["one that is made", `for twice as long, ${LONGEST_MAKING_MS} ms at most`],
    ["connections", `up to ${behavior.maxHttp2Connections} that take calls`],
    ["longest GET", `An address longer than ${behavior.maxGetUrlLength} characters`],
    ["time of drain()", `or after \`timeoutMs\` (${behavior.drainTimeoutMs})`],
    ["connections over HTTP/1.1", `At most ${CLIENT.maxConnections.default} (\`maxConnections\``],
    ["life of an idle connection", `closed after ${IDLE_SOCKET_MS} ms, or ${HINT_MARGIN_MS} ms`],
    ["idle connections that are looked at", `was idle for ${DOUBTFUL_MS} ms is looked at`],
    ["lines about a full pool", `not within ${QUIET_MS / 1_000} s`],
    ["user agent", `at most ${behavior.maxUserAgentBytes} bytes`],
    ["largest answer", `\`readMaxBytes\`, ${behavior.readMaxBytes} bytes by default`],
    ["details looked at", `the first ${behavior.maxDetails} are looked at`],
    ["bytes of a kind", `${behavior.maxDetailBytes} bytes of that kind are read`],
    ["entries read", `${behavior.maxEntries} entries of a list or a map`],
    ["headers of an event", `of the headers of an event ${behavior.maxEntries} names`],
    ["length of a message", `${behavior.maxMessageBytes} bytes of a text, as of the message`],
    ["entries printed", `they have ${behavior.maxPrintedEntries} entries`],
    ["texts printed", `of a text in them ${behavior.maxPrintedTextBytes} bytes`],
  ])("states the %s as the code has it", (_, text) => {
    expect(behaviour).toContain(text);
  });

  it("state every number of the behavior", () => {
    expect(numbersOf(BEHAVIOR_1).filter((path) => !asked.has(path))).toEqual([]);
  });
});

it("docs/bring-your-own.md has a row for every option of policy.proto", () => {
  const options = [
    ...read("proto/ameide/policy/v1/policy.proto").matchAll(/^ {2}\S+ \S+ (\w+) = 508\d\d;$/gm),
  ].map(([, name]) => name);
  const rows = [...read("docs/bring-your-own.md").matchAll(/^\| (`.*?) \| (?:method|service)/gm)];
  const named = rows.flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  expect(options.length).toBeGreaterThan(10);
  expect(new Set(named)).toEqual(new Set(options));
});

const MEMBER = /^ {2}readonly (\w+)\?:/gm;

describe("the tables of docs/precedence.md", () => {
  const page = read("docs/precedence.md");
  const code = (text: string) => `\`${text}\``;
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`.replaceAll(/ {2,}/g, " ");

  function bounds(rule: ValueRule): string {
    switch (rule.is) {
      case "timeout":
        return "more than 0";
      case "integer": {
        const { min, max } = boundsOf(rule, BEHAVIOR_1.maxMaxAttempts);
        return max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}`;
      }
      case "word":
        return rule.words.map(code).join(", ");
      case "flag":
        return "`true`, `false`";
      case "codes":
        return "codes in Connect's spelling";
      case "enum":
        return "words of the field's enum";
      default:
        return "";
    }
  }

  function policyRow(name: keyof PolicyValues, given: PolicyRow<unknown>): string {
    const { builtInFor, field = name, option } = given;
    const variable = VARIABLES[name];
    const builtIn = code(JSON.stringify(given.default));
    const path = field?.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return row([
      code(name),
      builtInFor === undefined ? builtIn : `${builtIn}, for ${builtInFor.join(", ")} alone`,
      bounds(given),
      KINDS[name]?.join(", ") ?? "all",
      option === undefined ? "" : option === "settings" ? "yes" : code(option),
      path === undefined ? "" : code(path),
      variable === undefined ? "" : code(variable),
    ]);
  }

  it("have each value of a method as the code has it", () => {
    expect(rowsAfter("| value | default |")).toEqual(
      ROWS.map(([name, each]) => policyRow(name, each)),
    );
  });

  it("name an option for each value that options have, and the proto for what has no place", () => {
    const members = [...read("packages/sdk/src/options/options.ts").matchAll(MEMBER)];
    const stated = new Set(members.map(([, name = ""]) => name));
    const proto = read("proto/ameide/policy/v1/policy.proto");
    const inProto = (name: string) =>
      new RegExp(`^ {2}\\S.* ${name} = 508\\d\\d;$`, "m").test(proto);
    const withOption = ROWS.filter(([, { option }]) => option !== undefined);
    expect(withOption.map(([name]) => name)).toEqual(
      ROWS.map(([name]) => name).filter((name) => stated.has(name)),
    );
    const placeless = ROWS.filter(
      ([, { option, field }]) => option === undefined && field === null,
    );
    expect(placeless.map(([name]) => name)).toEqual(["scopes", "longLived"]);
    expect([inProto("scopes"), inProto("long_lived")]).toEqual([true, true]);
  });

  it("have each number of a client as the code has it", () => {
    const budgetOptions = Object.entries(BUDGET).map(
      ([name, each]) => [`budget.${name}`, each] as const,
    );
    expect(rowsAfter("| option | default |")).toEqual(
      [...budgetOptions, ...Object.entries(CLIENT)].map(([name, each]) =>
        row([code(name), code(JSON.stringify(each.default)), bounds(each)]),
      ),
    );
  });

  // The rows of the table with that head.
  function rowsAfter(head: string): string[] {
    const [, table = ""] = page.split(head);
    const [own = ""] = table.split("\n\n");
    return own.trimEnd().split("\n").slice(2);
  }
});

describe("docstrings of options", () => {
  const options = read("packages/sdk/src/options/options.ts");

  const PLAIN = ["Settings", "RetryOptions", "BudgetOptions", "AmeideOptions"];
  const rows = [
    ...ROWS.filter(([, { option }]) => option === "settings" || option === "retry"),
    ...Object.entries({ ...BUDGET, ...CLIENT }),
  ];

  it.each(rows)("options.ts states the default of %s", (path, { default: value }) => {
    // A longer number is another one.
    expect(docsOf(path)).toMatch(new RegExp(`Default ${said(value)}(?![\\w-]|[.,]\\d)`));
  });

  it.each(rows)("options.ts states the bounds of %s", (path, row) => {
    expect(docsOf(path)).toMatch(new RegExp(`${saidBounds(row)}(?![\\w-]|[.,]\\d)`));
  });

  // The docstring of the member that holds a value; a path names the interface by its beginning.
  function docsOf(path: string): string {
    const [name = "", owner] = path.split(".").reverse();
    const of = owner === undefined ? PLAIN : [`${owner[0]?.toUpperCase()}${owner.slice(1)}Options`];
    const bodies = [...options.matchAll(/^export interface (\w+)[^{]*\{\n([^]*?)^\}/gm)]
      .filter(([, each = ""]) => of.includes(each))
      .map(([, , body]) => body);
    const member = new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\s+readonly ${name}\\?:`, "g");
    const found = [...bodies.join("\n").matchAll(member)];
    expect(found).toHaveLength(1);
    return (found[0]?.[1] ?? "").replaceAll(/[\s*]+/g, " ");
  }

  function saidBounds(rule: ValueRule): string {
    if (rule.is === "timeout") {
      return "greater than 0";
    }
    if (rule.is !== "integer") {
      return "";
    }
    const { min, max } = boundsOf(rule, BEHAVIOR_1.maxMaxAttempts);
    return max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `${min} to ${max}`;
  }

  function said(value: unknown): string {
    if (value === null) {
      return "any age";
    }
    if (value === CLIENT.readMaxBytes.default) {
      return "4 MiB";
    }
    return Array.isArray(value)
      ? "none"
      : typeof value === "string"
        ? `\`${value}\``
        : JSON.stringify(value);
  }
});

describe("docs/in-production.md", () => {
  it.each([
    ["PINGs", `after ${BEHAVIOR_1.keepAlive.intervalMs / 1000} s of silence`],
    ["answer to a PING", `the answer is due in ${BEHAVIOR_1.keepAlive.timeoutMs / 1000} s`],
    ["connections over HTTP/2", `up to ${BEHAVIOR_1.maxHttp2Connections} connections`],
    ["connections over HTTP/1.1", `more than ${CLIENT.maxConnections.default} calls at once`],
    ["idle connections", `let go after ${IDLE_SOCKET_MS / 1000} s`],
    ["connect timeout", `${BEHAVIOR_1.connectTimeoutMs / 1000} s for the addresses`],
    [
      "retries of a budget",
      `from one budget, ${Math.floor(budget.capacity / budget.cost)} of them`,
    ],
    ["cost of a retry", `at ${budget.cost} × the calls in flight`],
    ["overall deadline", `calls have ${Number(defaults.timeoutMs) / 1000} s`],
    ["attempts", `only if ${defaults.maxAttempts} are wrong`],
  ])("states the %s as the code has it", (_, text) => {
    expect(production).toContain(text);
  });
});

describe("docs/policy-document.md", () => {
  const sections = new Map(
    read("docs/policy-document.md")
      .split(/^## /m)
      .map((section) => [/^`(\w+)`/.exec(section)?.[1] ?? "", section]),
  );

  it.each([
    ClientPolicySchema,
    MethodPolicyEntrySchema,
    MethodPolicySchema,
    MethodFactsSchema,
    RetryBudgetSchema,
  ])("lists the fields of $name, and the words each may be", ({ name, fields }) => {
    const rows = [...(sections.get(name) ?? "").matchAll(/^\| `(\w+)` \| (.*)$/gm)];
    expect(rows.map(([, field]) => field)).toEqual(fields.map(({ jsonName }) => jsonName));
    for (const [i, field] of fields.entries()) {
      const words = field.enum?.values.slice(1).map((word) => word.name) ?? [];
      expect(
        rows[i]?.[2]?.match(/`[A-Z]+(_[A-Z]+)+`(?=.* \|)/g)?.map((word) => word.slice(1, -1)) ?? [],
      ).toEqual(expect.arrayContaining(words));
    }
  });

  it("has the defaults that the code has", () => {
    const section = `${sections.get("MethodPolicy")}${sections.get("RetryBudget")}`;
    const numbers = Object.entries({ ...defaults, ...budget }).filter(
      ([, value]) => typeof value === "number",
    );
    expect(numbers.length).toBeGreaterThan(10);
    for (const [name, value] of numbers) {
      expect(section).toMatch(new RegExp(`^\\| \`${name}\` \\|.* \\| ${String(value)} \\|$`, "m"));
    }
  });
});

it("docs/migrating.md says of Connect's options what their errors say", () => {
  const [, table = ""] = read("docs/migrating.md").split("## Options");
  const rows = [...table.matchAll(/^\| (.*) \| (.*) \|$/gm)];
  const told = rows.flatMap(([, theirs = "", ours = ""]) =>
    [...theirs.matchAll(/\b[a-z]\w+/g)].flatMap(([name]) => {
      const error = thrownBy(() =>
        createAmeideTransport({ baseUrl: "https://api.test", [name]: Symbol("no value") }),
      );
      const said = /Connect's(?: name; here it is (\w+)|; there is none here)/.exec(error.message);
      return said === null ? [] : [{ name, fits: ours.includes(said[1] ?? "none") }];
    }),
  );
  expect(told.filter(({ fits }) => !fits)).toEqual([]);
  expect(new Set(told.map(({ name }) => name)).size).toBe(17);
});

describe("docs/events.md", () => {
  const events = read("docs/events.md").replaceAll(/\s+/g, " ");
  const bytes = String(MAX_BYTES).replaceAll(/\B(?=(?:\d{3})+$)/g, " ");

  it.each([
    ["bounds of a text", `At most ${bytes} bytes (\`maxBytes\`) and ${MAX_DEPTH} levels are read`],
    ["depth of a payload", `a JSON object, at most ${MAX_DATA_DEPTH} levels deep`],
  ])("states the %s as the code has it", (_, text) => {
    expect(events).toContain(text);
  });
});

describe("README.md", () => {
  it.each([
    [
      "overall deadline",
      `| overall deadline | ${Number(defaults.timeoutMs) / 1000} s, streams none |`,
    ],
    [
      "attempt timeout",
      `attempt timeout, while another may follow | ${Number(defaults.attemptTimeoutMs) / 1000} s |`,
    ],
    ["connect timeout", `| a connection | ${BEHAVIOR_1.connectTimeoutMs / 1000} s |`],
    [
      "stream timeouts",
      `each further one | ${Number(defaults.firstMessageTimeoutMs) / 1000} s, ${Number(defaults.idleTimeoutMs) / 1000} s |`,
    ],
    ["attempts", `| attempts | ${defaults.maxAttempts}, plus one at once`],
    [
      "waits",
      `uniform in [0, ${defaults.baseDelayMs} ms · 2^i), after a throttle [0, ${defaults.throttleDelayMs / 1000} s · 2^i), at most ${defaults.maxDelayMs / 1000} s`,
    ],
    [
      "budget",
      `${budget.capacity} tokens per origin; a retry costs ${budget.cost}, after a throttle ${budget.throttleCost}`,
    ],
    [
      "PINGs",
      `pinged after ${BEHAVIOR_1.keepAlive.intervalMs / 1000} s while calls wait, given up ${BEHAVIOR_1.keepAlive.timeoutMs / 1000} s later`,
    ],
    ["server delay", `obeyed up to ${defaults.maxServerDelayMs / 1000} s`],
    ["renewal", `refreshed ${BEHAVIOR_1.advisoryRefreshMs / 60_000} min before expiry`],
  ])("states the %s as the code has it", (_, text) => {
    expect(readme).toContain(text);
  });
});

/** An object whose members are added to a set, by their path, when they are read. */
function watched<T extends object>(target: T, asked: Set<string>, path = ""): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name);
      asked.add(path + String(name));
      return typeof value === "object" && value !== null
        ? watched(value, asked, `${path}${String(name)}.`)
        : value;
    },
  });
}

function numbersOf(object: object, path = ""): string[] {
  return Object.entries(object).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value === "object" && value !== null) {
      return numbersOf(value, `${path}${name}.`);
    }
    return typeof value === "number" ? [path + name] : [];
  });
}
