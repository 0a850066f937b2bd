import { readFileSync } from "node:fs";
import {
  ClientPolicySchema,
  MethodFactsSchema,
  MethodPolicyEntrySchema,
  MethodPolicySchema,
  RetryBudgetSchema,
} from "@ameideio/core-proto/ameide/policy/v1";
import { describe, expect, it } from "vitest";
import { QUIET_MS } from "../src/http/full_pool.js";
import { UNWANTED_MS } from "../src/http/demand.js";
import { DOUBTFUL_MS, HINT_MARGIN_MS, IDLE_SOCKET_MS } from "../src/http/idle_sockets.js";
import { SILENCE_MS } from "../src/http/http2_connection.js";
import { ANSWER_MS } from "../src/http/http2_pool.js";
import { IDLE_CONNECTION_MS } from "../src/http/idle_timer.js";
import { NEXT_ADDRESS_MS, TCP_KEEPALIVE_MS } from "../src/http/connect_first.js";
import {
  ALONE_MS,
  FIRST_PAUSE_MS,
  LONGEST_PAUSE_MS,
  PATIENCE_MS,
} from "../src/http/connect_backoff.js";
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
const behaviour = ["behaviour", "failures", "connections", "deadlines", "credentials"]
  .map((page) => read(`docs/${page}.md`).replaceAll(/\s+/g, " "))
  .join(" ");
const production = read("docs/in-production.md").replaceAll(/\s+/g, " ");
const readme = read("README.md").replaceAll(/\s+/g, " ");
const { defaults, budget } = BEHAVIOR_1;

describe("docs/behaviour.md and the pages of its sections", () => {
  it.each([
    ["overall deadline", `${defaults.timeoutMs} ms overall`],
    ["attempt timeout", `An attempt has ${defaults.attemptTimeoutMs} ms`],
    ["first message", `first message of a server stream has ${defaults.firstMessageTimeoutMs} ms`],
    ["further messages", `each further message ${defaults.idleTimeoutMs} ms`],
    ["attempts", `${defaults.maxAttempts} in all (1 to ${BEHAVIOR_1.maxMaxAttempts})`],
    [
      "base",
      `sent *maybe*, or cut by the attempt timeout or the first-message timeout | ${defaults.baseDelayMs} ms`,
    ],
    ["throttle base", `with a hint to wait | ${defaults.throttleDelayMs} ms`],
    ["cap", `min(${defaults.maxDelayMs}, base · 2^i)`],
    ["cap of a wait for a server", `a cap of ${BEHAVIOR_1.maxReadyDelayMs} ms`],
    ["pause between connects", `a pause of ${FIRST_PAUSE_MS} ms, twice as long`],
    ["longest pause", `at most ${LONGEST_PAUSE_MS} ms, half of it random`],
    ["patience with a pause", `comes with at most ${PATIENCE_MS} ms of it left waits`],
    ["patience with a connect", `the first of many, for ${ALONE_MS} ms.`],
    ["longest server delay", `A hint over ${defaults.maxServerDelayMs} ms`],
    ["hint jitter", `a tenth of it (at most ${BEHAVIOR_1.hintJitterCapMs} ms)`],
    ["budget", `${budget.capacity} tokens per client family and origin`],
    ["costs", `A retry costs ${budget.cost}, after a throttle ${budget.throttleCost}`],
    ["refund", `what its last retry cost, or ${BEHAVIOR_1.successRefund}.`],
    ["ambient margin", `${BEHAVIOR_1.ambientMarginMs} ms within the deadline`],
    ["least time", `Under ${BEHAVIOR_1.minWireTimeoutMs} ms left, nothing is sent`],
    [
      "advisory refresh",
      `${BEHAVIOR_1.advisoryRefreshMs / 1000} s (± ${BEHAVIOR_1.advisoryJitter * 100} %)`,
    ],
    ["mandatory refresh", `from ${BEHAVIOR_1.mandatoryRefreshMs / 1000} s before`],
    ["advisory share", `second half (${BEHAVIOR_1.advisoryLifeShare} of its life`],
    ["mandatory share", `last quarter (${BEHAVIOR_1.mandatoryLifeShare})`],
    ["failed refresh", `in the background for ${BEHAVIOR_1.failedRefreshWaitMs / 1000} s`],
    ["least use of a token", `used for ${BEHAVIOR_1.minTokenUseMs} ms after it came`],
    ["least expiry", `a number below ${BEHAVIOR_1.minExpiryMs} can only be seconds`],
    ["pause of a provider", `not asked again for ${BEHAVIOR_1.providerPauseMs} ms`],
    ["pause after a refusal", `is refused within ${BEHAVIOR_1.providerPauseMs} ms`],
    [
      "error of a provider",
      `first ${BOUNDS.maxThrownCharacters} characters of each of ${BOUNDS.maxThrownTexts} texts`,
    ],
    ["unknown fields", `at most ${BOUNDS.maxFaults} of them`],
    ["wrong values", `the first ${BOUNDS.maxFaults}. \`ameide-policy`],
    ["deadline of a provider", `told a deadline of ${BEHAVIOR_1.tokenTimeoutMs} ms`],
    ["limit of who joins", `makes one of his own when it is ${BEHAVIOR_1.tokenJoinMs} ms old`],
    ["share of who joins", `a share of ${BEHAVIOR_1.tokenJoinShare} of the time`],
    ["requests at once", `most ${BEHAVIOR_1.maxTokenRequests} requests to a provider`],
    ["tokens kept", `the ${BEHAVIOR_1.maxTokens} used last`],
    ["origins kept", `kept of the ${BOUNDS.maxOrigins} origins used last`],
    ["idle connections", `closed after ${IDLE_CONNECTION_MS / 60_000} minutes without a call`],
    ["connect timeout", `A connection has ${BEHAVIOR_1.connectTimeoutMs} ms`],
    ["connections nobody waits for", `given up after ${UNWANTED_MS} ms`],
    ["next address", `the next one ${NEXT_ADDRESS_MS} ms after`],
    ["TCP keepalive", `After ${TCP_KEEPALIVE_MS / 1000} s without traffic`],
    ["PINGs", `nothing has come for ${BEHAVIOR_1.keepAlive.intervalMs / 1000} s (`],
    ["answer to a PING", `in ${BEHAVIOR_1.keepAlive.timeoutMs / 1000} s (\`keepAlive.timeoutMs\`)`],
    ["silence", `since it began or for ${SILENCE_MS} ms`],
    ["time of that PING", `half of that silence, ${ANSWER_MS} ms at most`],
    ["connections", `up to ${BEHAVIOR_1.maxHttp2Connections} that take calls`],
    ["longest GET", `An address longer than ${BEHAVIOR_1.maxGetUrlLength} characters`],
    ["time of drain()", `or after \`timeoutMs\` (${BEHAVIOR_1.drainTimeoutMs})`],
    ["connections over HTTP/1.1", `At most ${CLIENT.maxConnections.default} (\`maxConnections\``],
    ["life of an idle connection", `closed after ${IDLE_SOCKET_MS} ms, or ${HINT_MARGIN_MS} ms`],
    ["idle connections that are looked at", `was idle for ${DOUBTFUL_MS} ms is looked at`],
    ["lines about a full pool", `not within ${QUIET_MS / 1_000} s`],
    ["user agent", `at most ${BEHAVIOR_1.maxUserAgentBytes} bytes`],
    ["largest answer", `\`readMaxBytes\`, ${BEHAVIOR_1.readMaxBytes} bytes by default`],
    ["details looked at", `the first ${BEHAVIOR_1.maxDetails} are looked at`],
    ["bytes of a kind", `${BEHAVIOR_1.maxDetailBytes} bytes of that kind are read`],
    ["entries read", `${BEHAVIOR_1.maxEntries} entries of a list or a map`],
    ["headers of an event", `of the headers of an event ${BEHAVIOR_1.maxEntries} names`],
    ["length of a message", `${BEHAVIOR_1.maxMessageBytes} bytes of a text, as of the message`],
    ["entries printed", `they have ${BEHAVIOR_1.maxPrintedEntries} entries`],
    ["texts printed", `of a text in them ${BEHAVIOR_1.maxPrintedTextBytes} bytes`],
  ])("states the %s as the code has it", (_, text) => {
    expect(behaviour).toContain(text);
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

describe("the tables of docs/behaviour.md", () => {
  const page = read("docs/behaviour.md");
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
      option === undefined ? "" : option === "retry" ? "`retry`" : "yes",
      path === undefined ? "" : code(path),
      variable === undefined ? "" : code(variable),
    ]);
  }

  it("have each value of a method as the code has it", () => {
    expect(rowsAfter("| value | default |")).toEqual(
      ROWS.map(([name, each]) => policyRow(name, each)),
    );
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
    return own.split("\n").slice(2);
  }
});

describe("numbers in docstrings", () => {
  const options = read("packages/sdk/src/options/options.ts");

  it.each([
    ...ROWS.filter(([, { option }]) => option !== undefined),
    ...Object.entries({ ...BUDGET, ...CLIENT }),
  ])("options.ts states the default of %s", (path, { default: value }) => {
    const name = path.replace(/^.*\./, "");
    const member = new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\s+readonly ${name}\\?:`, "g");
    const docs = [...options.matchAll(member)].map(([, text = ""]) =>
      text.replaceAll(/[\s*]+/g, " "),
    );
    expect(docs.some((text) => text.includes(`Default ${said(value)}`))).toBe(true);
  });

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
