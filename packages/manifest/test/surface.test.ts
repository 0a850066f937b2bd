import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { create, fromJsonString } from "@bufbuild/protobuf";
import { InspectionSchema } from "@ameideio/conformance-proto/ameide/manifest/v1";
import { runScript } from "@ameideio/scripts/missing_tool.mjs";
import { describe, expect, it, vi } from "vitest";
import { buildInspector, readSurface, surfaceOf } from "../src/index.js";
import { installed } from "./harness/installed.js";
import { run, temporaryFolder } from "./harness/run.js";
import { PYTHON, ROOT, run as runProject } from "./harness/workspace.js";

const GET_THREAD = {
  kind: "unary",
  input: "ameide.threads.v1.GetThreadRequest",
  output: "ameide.threads.v1.GetThreadResponse",
  procedure: "ameide.threads.v1.ThreadsService/GetThread",
  idempotency: "no_side_effects",
};
const WATCH_THREAD = { kind: "server_streaming", idempotency: "no_side_effects" };

describe.each([
  ["ts", ["createAmeideClient"], "threads", "getThread", "watchThread"],
  ["go", ["client.New"], "Threads", "GetThread", "WatchThread"],
  ["python", ["AmeideClient", "AsyncAmeideClient"], "threads", "get_thread", "watch_thread"],
] as const)("surface of %s", (sdk, entries, service, get, watch) => {
  it.runIf(installed(sdk))("has clients and stubs", async () => {
    const ran = await run("surface", "--sdk", sdk);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    const { clients, stubs } = readSurface(ran.stdout, "it");
    expect([...new Set(clients.map(({ entry }) => entry))]).toEqual(entries);
    for (const entry of entries) {
      const client = clients.find((each) => each.entry === entry && each.name === service);
      const methods = new Map(client?.methods.map((method) => [method.name, method]));
      expect(methods.size).toBe(7);
      expect(methods.get(get)).toMatchObject(GET_THREAD);
      expect(methods.get(watch)).toMatchObject(WATCH_THREAD);
    }
    const stub = stubs.find(({ name }) => name === "ameide.threads.v1.ThreadsService");
    expect(stub?.methods.find(({ name }) => name === "WatchThread")).toMatchObject({
      ...WATCH_THREAD,
      facts: { longLived: true, scopes: ["threads.read"], tenant: "required" },
    });
  });
});

it.runIf(installed("python"))("Python: every kind of method, async and sync", async () => {
  const [python] = await buildInspector("python");
  const inspector = join(PYTHON, "roster_inspector.py");
  const printed = await runScript([python, inspector, "ameide_conformance_proto.roster"]);
  const { clients } = fromJsonString(InspectionSchema, printed);
  expect(clients.map(({ entry }) => entry)).toEqual(["AsyncRosterClient", "RosterClient"]);
  for (const { methods } of clients) {
    const found = new Map(methods.map((method) => [method.name, method]));
    for (const [name, kind, idempotency] of [
      ["unknown", "unary", "unknown"],
      ["server_stream_idempotent", "server_streaming", "idempotent"],
      ["client_stream_unknown", "client_streaming", "unknown"],
      ["bidi_stream_idempotent", "bidi_streaming", "idempotent"],
    ] as const) {
      expect(found.get(name)).toMatchObject({
        kind,
        idempotency,
        input: "ameide.conformance.v1.ConformanceRequest",
        output: "ameide.conformance.v1.ConformanceResponse",
      });
    }
  }
});

describe.runIf(installed("python"))("surface of a roster in Python", () => {
  it.each([
    [
      "the environment",
      "none",
      "",
      /^python3 failed: \S+ has no module \w+: activate the [^\n]*\n$/,
    ],
    ["the package", "gen.roster", "sdk", /^python3 failed: there is no module gen below [^\n]*\n$/],
    ["the module", "made.rooster", "sdk", /: there is no module made.rooster below [^\n]*\n$/],
    ["what it needs", "made.needy", "sdk", /: made.needy needs a module nowhere, which [^\n]*\n$/],
    ["services", "made.empty", "sdk", /^python3 failed: made.empty is no roster, as [^\n]*\n$/],
  ])("says in one line what is missing: %s", async (_, roster, environment, line) => {
    const [python] = await buildInspector("python");
    const folder = temporaryFolder();
    mkdirSync(join(folder, "made"));
    writeFileSync(join(folder, "made/empty.py"), "");
    writeFileSync(join(folder, "made/needy.py"), "import nowhere\n");
    // A Python that has nothing installed, or the SDK.
    const bin = temporaryFolder();
    const command = environment === "" ? `${python} -S` : python;
    writeFileSync(join(bin, "python3"), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
    vi.stubEnv("PATH", `${bin}:${process.env["PATH"]}`);
    vi.stubEnv("PYTHONPATH", "");
    const ran = await runProject("surface", "--sdk", "python", "--roster", roster, "--dir", folder);
    vi.unstubAllEnvs();
    expect(ran).toEqual({ code: 1, stdout: "", stderr: expect.stringMatching(line) });
  });
});

it("says that a roster in TypeScript is no ES module to its project", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "node_modules/@ameideio"), { recursive: true });
  symlinkSync(join(ROOT, "packages/sdk"), join(folder, "node_modules/@ameideio/ameide-sdk-ts"));
  writeFileSync(join(folder, "package.json"), '{ "type": "commonjs" }');
  writeFileSync(join(folder, "roster.js"), "export const roster = {};\n");
  const given = ["--sdk", "ts", "--roster", "roster.js", "--dir", folder];
  const { code, stderr } = await runProject("surface", ...given);
  expect(code).toBe(1);
  const line =
    /roster\.js cannot be loaded: .* ES module, which .* type npm pkg set type=module\n$/;
  expect(stderr).toMatch(line);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});

it("says that an SDK is not built", async () => {
  const { code, stderr } = await run("surface", "--sdk", "ts", "--package", temporaryFolder());
  expect(code).toBe(1);
  expect(stderr).toMatch(/^the SDK ts could not be looked at: ENOENT/);
});

it("says that a toolchain is missing, in one line", async () => {
  vi.stubEnv("PATH", temporaryFolder());
  const ran = await run("surface", "--sdk", "go");
  vi.unstubAllEnvs();
  expect(ran).toEqual({
    code: 3,
    stdout: "",
    stderr: expect.stringMatching(/^go was not found: install Go [^\n]*\n$/),
  });
});

it("does not take half of a descriptor set", () => {
  const inspection = create(InspectionSchema, { sdk: "ts" });
  expect(() => surfaceOf(inspection)).toThrow(/^what the stubs of ts embed is no descriptor image/);
});
