import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import {
  type Manifest,
  ManifestSchema,
  type Surface,
  SurfaceSchema,
} from "@ameideio/conformance-proto/ameide/manifest/v1";
import { describe, expect, it, onTestFinished, test, vi } from "vitest";
import { manifestOf, readImage, RULES, toCanonicalJson } from "../src/index.js";
import { ourImage, there } from "./harness/images.js";
import { run, temporaryFile, temporaryFolder } from "./harness/run.js";
import { callIn, methodIn, wantedSurface } from "./harness/surfaces.js";
import { ROOT, workspace } from "./harness/workspace.js";

const GET = "ameide.threads.v1.ThreadsService/GetThread";
const manifest = manifestOf(readImage(ourImage(), "it"));
const services = manifest.services.length;
const methods = manifest.services.flatMap((service) => service.methods).length;
const compared = `${services} services, ${methods} methods`;

const LINES = `syntax = "proto3";
package acme.shop.v1;
message M {}
service ShopService {
  rpc CreateItem(M) returns (M);
  rpc GetItem(M) returns (M);
}
`;

function manifestFile(of: Manifest = manifest): string {
  return temporaryFile("manifest.json", toCanonicalJson(ManifestSchema, of));
}

function surfaceFile(surface: Surface): string {
  return temporaryFile("surface.json", toCanonicalJson(SurfaceSchema, surface));
}

const renamed = (surface: Surface) =>
  void (callIn(surface, "Threads", "GetThread").name = "ReadThread");

describe("check", () => {
  it("prints a line where all is well", async () => {
    const surfaces = (["ts", "go", "python"] as const).flatMap((sdk) => [
      "--surface",
      surfaceFile(wantedSurface(manifest, sdk)),
    ]);
    expect(await run("check", "--manifest", manifestFile(), ...surfaces)).toEqual({
      code: 0,
      stdout: `verdict: green, ${compared}, alike in ts, go, python\n`,
      stderr: "",
    });
  });

  it("prints a table and exits 1 where something is wrong", async () => {
    const surface = surfaceFile(wantedSurface(manifest, "go", renamed));
    expect(await run("check", "--manifest", manifestFile(), "--surface", surface)).toEqual({
      code: 1,
      stdout: `sdk  service                           method     problem     where  what
go   ameide.threads.v1.ThreadsService  GetThread  wrong name  entry  name is ReadThread, should be GetThread

verdict: red, 1 problem in go (${compared})
`,
      stderr: "",
    });
  });

  it("prints JSON", async () => {
    const surface = surfaceFile(wantedSurface(manifest, "go", renamed));
    const args = ["check", "--manifest", manifestFile(), "--surface", surface];
    const { code, stdout } = await run(...args, "--format", "json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      verdict: "red",
      services,
      methods,
      sdks: ["go"],
      problems: [
        {
          rule: "wrong-name",
          sdk: "go",
          service: "ameide.threads.v1.ThreadsService",
          method: "GetThread",
          where: ["entry"],
          message: "name is ReadThread, should be GetThread",
        },
      ],
    });
  });

  it("prints SARIF", async () => {
    const surface = surfaceFile(wantedSurface(manifest, "go", renamed));
    const file = manifestFile();
    const args = ["check", "--manifest", file, "--surface", surface];
    const { code, stdout } = await run(...args, "--format", "sarif");
    expect(code).toBe(1);
    const { version, runs } = JSON.parse(stdout) as { version: string; runs: unknown[] };
    expect(version).toBe("2.1.0");
    expect(runs).toMatchObject([
      {
        tool: {
          driver: { name: "ameide-manifest", rules: Object.keys(RULES).map((id) => ({ id })) },
        },
        results: [
          {
            ruleId: "wrong-name",
            ruleIndex: Object.keys(RULES).indexOf("wrong-name"),
            level: "error",
            message: { text: `${GET} (go: entry): name is ReadThread, should be GetThread` },
            locations: [
              {
                physicalLocation: { artifactLocation: { uri: file } },
                logicalLocations: [{ fullyQualifiedName: GET }],
              },
            ],
          },
        ],
      },
    ]);
  });

  it("has SARIF at the lines of protos, with their image", async () => {
    const folder = workspace({ "acme/shop/v1/shop.proto": LINES });
    vi.spyOn(process, "cwd").mockReturnValue(folder);
    onTestFinished(() => void vi.restoreAllMocks());
    const image = join(folder, "image.binpb");
    execFileSync(`${ROOT}node_modules/.bin/buf`, ["build", "-o", image], { cwd: folder });
    const own = manifestOf(readImage(readFileSync(image), "it"));
    const lacking = wantedSurface(own, "ts", ({ stubs }) => void there(stubs[0]).methods.pop());
    const surfaces = ["--surface", surfaceFile(lacking)];
    const args = ["--manifest", manifestFile(own), ...surfaces, "--image", image];
    const { stdout } = await run("check", ...args, "--format", "sarif");
    const { runs } = JSON.parse(stdout) as { runs: { results: { locations: object[] }[] }[] };
    expect(runs[0]?.results.map(({ locations }) => locations)).toMatchObject([
      [
        {
          physicalLocation: {
            artifactLocation: { uri: "proto/acme/shop/v1/shop.proto" },
            region: { startLine: 6 },
          },
        },
      ],
    ]);
    const refused = await run("check", ...args);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/^--image is for/) });
  });

  it("refuses that a name of the base disappears", async () => {
    const base = manifestOf(readImage(ourImage(), "it"));
    base.services[0]?.methods.push({ ...methodIn(base, GET), name: "Gone" });
    const surface = surfaceFile(wantedSurface(manifest, "ts"));
    const args = ["--surface", surface, "--base", manifestFile(base)];
    const { code, stdout } = await run("check", "--manifest", manifestFile(), ...args);
    expect(code).toBe(1);
    expect(stdout).toMatch(/ Gone +name gone +base +the method was removed\n/);
    expect(stdout).toMatch(/verdict: red, 1 problem in manifest /);
  });

  it.each([
    [["--base", ""], "--base is empty"],
    [["--base=a.json", "--base=b.json"], "--base is given twice"],
    [["--format", "json", "--format", "table"], "--format is given twice"],
  ])("refuses %j", async (argv, message) => {
    const surface = surfaceFile(wantedSurface(manifest, "ts"));
    const { code, stdout, stderr } = await run(
      "check",
      "--manifest",
      manifestFile(),
      "--surface",
      surface,
      ...argv,
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });

  it.each<[string, (base: Manifest) => void]>([
    ["has no service", ({ services: all }) => void all.splice(0)],
    ["has twice the service ameide.", ({ services: all }) => void all.push(there(all[0]))],
    [
      "has twice the method ameide.",
      ({ services: [first] }) => void first?.methods.push(there(first.methods[0])),
    ],
  ])("refuses a base that %s", async (message, edit) => {
    const base = manifestOf(readImage(ourImage(), "it"));
    edit(base);
    const surface = surfaceFile(wantedSurface(manifest, "ts"));
    const args = ["--manifest", manifestFile(), "--surface", surface, "--base", manifestFile(base)];
    const { code, stdout, stderr } = await run("check", ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(`manifest.json ${message}`);
  });

  it("writes the path of the manifest as a URI in SARIF", async () => {
    const surface = surfaceFile(wantedSurface(manifest, "go", renamed));
    const text = toCanonicalJson(ManifestSchema, manifest);
    const path = temporaryFile("sp ace%zz#é:1.json", text);
    const args = ["--manifest", path, "--surface", surface, "--format", "sarif"];
    const { stdout } = await run("check", ...args);
    const uri = `${dirname(path)}/sp%20ace%25zz%23%C3%A9%3A1.json`;
    expect(stdout).toContain(`"uri": "${uri}"`);
  });

  it("leaves out an SDK without a toolchain, but not in CI", async () => {
    const args = ["check", "--manifest", manifestFile()];
    vi.stubEnv("PATH", temporaryFolder());
    vi.stubEnv("CI", "");
    const ran = await run(...args, "--sdk", "ts", "--sdk", "go");
    const none = await run(...args, "--sdk", "go");
    vi.stubEnv("CI", "true");
    const inCi = await run(...args, "--sdk", "ts", "--sdk", "go");
    vi.unstubAllEnvs();
    const line = /^go is not looked at: go was not found: install Go [^\n]*\n$/;
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringMatching(line) });
    expect(inCi).toEqual({
      code: 1,
      stdout: `verdict: red, alike in ts alone (${compared})\n`,
      stderr: expect.stringMatching(line),
    });
    expect(none).toMatchObject({ code: 3, stdout: "", stderr: expect.stringMatching(line) });
  });
});

describe("a file", () => {
  const text = toCanonicalJson(ManifestSchema, manifest);

  test.each([
    ["that is no JSON", "{", /is no manifest: it is not JSON; make one with: ameide-manifest emit/],
    ["without a schema", "{}", /is no manifest: it states no schema/],
    ["of a foreign schema", '{"schema":"acme.v1"}', /has the schema "acme.v1", which is unknown/],
    [
      "of a newer schema",
      text.replace("ameide.manifest.v1", "ameide.manifest.v2"),
      /has the newer schema ameide.manifest.v2; known here is ameide.manifest.v1: use a newer/,
    ],
    [
      "with an unknown field",
      text.replace('"services"', '"servces"'),
      /is no manifest of .*servces/,
    ],
    [
      "that is a surface",
      toCanonicalJson(SurfaceSchema, wantedSurface(manifest, "ts")),
      /is the surface of an SDK, where a manifest is wanted/,
    ],
  ])("%s is no manifest", async (_, content, message) => {
    const path = temporaryFile("m.json", content);
    const surface = surfaceFile(wantedSurface(manifest, "ts"));
    const ran = await run("check", "--manifest", path, "--surface", surface);
    expect(ran).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(message) });
    expect(ran.stderr).toContain(path);
  });

  it("of an SDK that is not known is no surface", async () => {
    const surface = wantedSurface(manifest, "ts", (each) => (each.sdk = "rust"));
    const args = ["--manifest", manifestFile(), "--surface", surfaceFile(surface)];
    const { code, stderr } = await run("check", ...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(/is of the SDK "rust", which is unknown; known: ts, go, python\n$/);
  });

  it("that is a manifest is no surface", async () => {
    const path = manifestFile();
    const ran = await run("check", "--manifest", path, "--surface", path);
    expect(ran).toEqual({
      code: 1,
      stdout: "",
      stderr: `${path} is a manifest, where the surface of an SDK is wanted\n`,
    });
  });
});
