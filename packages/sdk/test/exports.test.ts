import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type {
  AmbientDeadline,
  AmeideOptions,
  AmeideTransport,
  AttemptFailed,
  AttemptFailure,
  AttemptInfo,
  AttemptStarted,
  Auth,
  BudgetOptions,
  CallEvent,
  CallSettings,
  CompressionName,
  CompressionOptions,
  Done,
  ExplainedValue,
  Explanation,
  FieldViolation,
  HeaderNames,
  ItemOf,
  Logger,
  LogLevel,
  Observer,
  Origin,
  Page,
  Paginated,
  PaginateOptions,
  PreconditionViolation,
  Preset,
  Protocol,
  QuotaViolation,
  RetryClass,
  RetryOptions,
  Sent,
  Settings,
  StopReason,
  Telemetry,
  TlsOptions,
  TlsSource,
  Token,
  TokenProvider,
  TokenRequest,
  Waiting,
  WouldHave,
} from "../src/index.js";

const src = fileURLToPath(new URL("../src", import.meta.url));
const manifest = JSON.parse(readFileSync(join(src, "../package.json"), "utf8")) as {
  exports: Record<
    string,
    { readonly browser?: { readonly default: string }; readonly default: string }
  >;
  sideEffects: boolean;
};

// Compiled, not run: a type that is gone breaks the build.
export type PinnedTypes = [
  AmbientDeadline,
  AmeideOptions,
  AmeideTransport,
  AttemptFailed,
  AttemptFailure,
  AttemptInfo,
  AttemptStarted,
  Auth,
  BudgetOptions,
  CallEvent,
  CallSettings,
  CompressionName,
  CompressionOptions,
  Done,
  ExplainedValue,
  Explanation,
  FieldViolation,
  HeaderNames,
  ItemOf<{ a: string[] }>,
  Logger,
  LogLevel,
  Observer,
  Origin,
  Page,
  Paginated<never>,
  PaginateOptions,
  PreconditionViolation,
  Preset,
  Protocol,
  QuotaViolation,
  RetryClass,
  RetryOptions,
  Sent,
  Settings,
  StopReason,
  Telemetry,
  TlsOptions,
  TlsSource,
  Token,
  TokenProvider,
  TokenRequest,
  Waiting,
  WouldHave,
];

const NAMES: Readonly<Record<string, readonly string[]>> = {
  ".": [
    "AmeideError",
    "attemptInfo",
    "call",
    "createClient",
    "isAmeideError",
    "paginate",
    "version",
  ],
  "./node": ["createAmeideTransport", "withDeadlineFrom"],
  "./web": ["createAmeideTransport"],
  "./client": ["createAmeideClient"],
  "./roster": ["createRosterClient"],
  "./connect-wire": ["connectWire"],
  "./otel": ["openTelemetry"],
  "./testing": [
    "BEHAVIOR_1",
    "createMemoryHttpClient",
    "createVirtualClock",
    "integrationMode",
    "memoryOptions",
    "seededRandom",
    "sequence",
    "watchCredentials",
    "withTestRuntime",
  ],
  "./events": [
    "EventError",
    "createChange",
    "createCloudEvent",
    "fromProtoJson",
    "loadFeatureFlags",
    "parseFeatureFlags",
    "readCloudEvent",
    "rolloutBucket",
    "toProtoJson",
    "unpackChange",
    "unpackTapData",
  ],
  "./fixtures": ["FixtureError", "fixtures", "load", "names", "read"],
};

function sourceOf(entry: string, condition: "browser" | "default" = "default"): string {
  const stated = manifest.exports[entry];
  const target = (condition === "browser" ? stated?.browser : stated)?.default ?? "missing";
  return join(src, target.replace("./dist/", "").replace(/\.js$/, ".ts"));
}

// Every file of ours and every package that is loaded with an entry.
function loadedWith(entry: string): ReturnType<typeof loadedFrom> {
  return loadedFrom(sourceOf(entry));
}

function loadedFrom(start: string): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string) => {
    if (files.has(file)) {
      return;
    }
    files.add(file);
    const text = readFileSync(file, "utf8");
    const statements = /^(?:import|export)\s+(?!type\b)(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm;
    for (const [, specifier = ""] of text.matchAll(statements)) {
      if (specifier.startsWith(".")) {
        visit(join(dirname(file), specifier.replace(/\.js$/, ".ts")));
      } else {
        packages.add(specifier);
      }
    }
  };
  visit(start);
  return { files, packages };
}

describe("the entries", () => {
  it("are these, and each has its source", () => {
    expect(Object.keys(manifest.exports).toSorted()).toEqual(
      [...Object.keys(NAMES), "./*", "./package.json"].toSorted(),
    );
    for (const entry of Object.keys(NAMES)) {
      expect([entry, existsSync(sourceOf(entry))]).toEqual([entry, true]);
    }
    expect(manifest.sideEffects).toBe(false);
  });

  it("are the files beside the rooms", () => {
    const stated = JSON.stringify(manifest.exports).matchAll(/"\.\/dist\/(\w+)\.js"/g);
    const files = new Set([...stated].map(([, name]) => `${name}.ts`));
    const beside = readdirSync(src).filter((file) => file.endsWith(".ts"));
    expect(beside.toSorted()).toEqual([...files].toSorted());
  });

  it.each(Object.entries(NAMES))("%s exports exactly its names", async (entry, names) => {
    const module = (await import(sourceOf(entry))) as object;
    expect(Object.keys(module).toSorted()).toEqual(names);
  });
});

describe("what an entry loads", () => {
  const roster = /^@ameideio\/core-proto\/(roster|ameide\/(?!policy))/;

  it.each([".", "./node", "./web", "./roster", "./otel", "./testing"])(
    "%s: no service",
    (entry) => {
      expect([...loadedWith(entry).packages].filter((name) => roster.test(name))).toEqual([]);
    },
  );

  it.each(["./events", "./fixtures"])("%s: no service, and no client", (entry) => {
    const { packages } = loadedWith(entry);
    const others = /^@ameideio\/core-proto\/ameide\/(events|tap|config)\/v1\/\w+_pb$|^@bufbuild\//;
    expect([...packages].filter((name) => !others.test(name))).toEqual(
      entry === "./fixtures" ? ["@ameideio/core-proto/fixtures"] : [],
    );
  });

  it("control: ./client does", () => {
    expect([...loadedWith("./client").packages]).toContain("@ameideio/core-proto/roster");
  });

  it(".: nothing of Node's, and nothing optional", () => {
    const { packages } = loadedWith(".");
    expect([...packages].toSorted()).toEqual([
      "@bufbuild/protobuf",
      "@bufbuild/protobuf/wire",
      "@connectrpc/connect",
      "@connectrpc/connect/protocol-connect",
    ]);
  });

  const inBrowsers = ["./client", "./roster"].map((entry) => sourceOf(entry, "browser"));
  const everywhere = [sourceOf("./events"), sourceOf("./fixtures")];
  it.each([sourceOf("./web"), ...inBrowsers, ...everywhere])("%s: nothing of Node's", (file) => {
    const { packages } = loadedFrom(file);
    expect([...packages].filter((name) => /^node:|connect-node/.test(name))).toEqual([]);
  });

  it.each([sourceOf("./web"), ...inBrowsers])("%s: Connect alone", (file) => {
    const { packages } = loadedFrom(file);
    expect([...packages].filter((name) => name.includes("/protocol-grpc"))).toEqual([]);
  });

  it.each(["./client", "./roster"])("%s is the same in a browser", async (entry) => {
    const names = Object.keys((await import(sourceOf(entry, "browser"))) as object);
    expect(names.toSorted()).toEqual(NAMES[entry]);
  });

  it("control: ./node does", () => {
    const { packages } = loadedWith("./node");
    expect([...packages]).toContain("node:async_hooks");
    expect([...packages].filter((name) => /connect-node/.test(name))).toEqual([]);
  });

  it.each(Object.keys(NAMES))("%s: no copy of OpenTelemetry's API", (entry) => {
    expect([...loadedWith(entry).packages]).not.toContain("@opentelemetry/api");
  });

  it.each(Object.keys(NAMES))("%s: nothing of the tests", (entry) => {
    const { files } = loadedWith(entry);
    expect([...files].filter((file) => /harness|\.test\./.test(file))).toEqual([]);
  });
});
