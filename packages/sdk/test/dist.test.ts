import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type * as Index from "../src/index.js";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const manifest = JSON.parse(readFileSync(join(dist, "../package.json"), "utf8")) as {
  exports: Targets;
  bin: Record<string, string>;
};
const targets = [...new Set(filesOf(manifest.exports))].filter((file) => /^[^*]+\.js$/.test(file));
const entries = targets.filter((file) => !file.startsWith("cjs/"));
const programs = filesOf(manifest.bin);

type Targets = string | { readonly [name: string]: Targets };

function filesOf(of: Targets): string[] {
  return typeof of === "string"
    ? [of.replace("./dist/", "")]
    : Object.values(of).flatMap((each) => filesOf(each));
}

/** The files of dist that one of them loads, itself included, and the modules of others. */
function loadedWith(entry: string, { later }: { later: boolean }) {
  const files = new Set<string>();
  const others = new Set<string>();
  const visit = (file: string): void => {
    files.add(file);
    const text = readFileSync(join(dist, file), "utf8");
    const statements = text.matchAll(/^(?:import|export)\s(?:[^"';]*\sfrom\s)?"([^"]+)"/gm);
    const calls = later ? text.matchAll(/\bimport\("([^"]+)"\)/g) : [];
    for (const [, specifier = ""] of [...statements, ...calls]) {
      const next = relative(dist, join(dist, dirname(file), specifier));
      if (!specifier.startsWith(".")) {
        others.add(specifier);
      } else if (!files.has(next)) {
        visit(next);
      }
    }
  };
  visit(entry);
  return { files: [...files], others: [...others] };
}

it.each(entries)("%s exports what its source does", async (entry) => {
  const built = (await import(join(dist, entry))) as object;
  const source = (await import(join(dist, "../src", entry.replace(/js$/, "ts")))) as object;
  expect(Object.keys(built).toSorted()).toEqual(Object.keys(source).toSorted());
});

it("has for require what it has for import, with declarations", () => {
  expect(targets.filter((file) => file.startsWith("cjs/")).toSorted()).toEqual(
    entries.map((entry) => `cjs/${entry}`).toSorted(),
  );
  const files = readdirSync(dist, { recursive: true, encoding: "utf8" });
  expect(files).toEqual(
    expect.arrayContaining(entries.map((entry) => `cjs/${entry.replace(/js$/, "d.ts")}`)),
  );
});

it.each(entries)("%s exports the same by require", async (entry) => {
  const built = (await import(join(dist, entry))) as object;
  const required = createRequire(import.meta.url)(join(dist, "cjs", entry)) as object;
  expect(Object.keys(required).toSorted()).toEqual(Object.keys(built).toSorted());
});

it("an error of the copy for require is one of the copy for import, and its keys are the same", async () => {
  const require = createRequire(import.meta.url);
  const { createAmeideTransport } = require(join(dist, "cjs/node.js")) as {
    createAmeideTransport: (options: object) => unknown;
  };
  const one = require(join(dist, "cjs/index.js")) as typeof Index;
  const other = (await import(join(dist, "index.js"))) as typeof Index;
  expect(one.AmeideError).not.toBe(other.AmeideError);
  let thrown: unknown;
  try {
    createAmeideTransport({ baseUrl: "ftp://nowhere" });
  } catch (error) {
    thrown = error;
  }
  expect(other.isAmeideError(thrown)).toBe(true);
  expect(thrown).toBeInstanceOf(other.AmeideError);
  expect(one.attemptInfo.id).toBe(other.attemptInfo.id);
  const both = other.call({ timeoutMs: 5 }, one.call({ tenant: "acme" })).contextValues;
  expect(Object(both)[Symbol.for("ameide.sdk.call")]).toEqual({ tenant: "acme", timeoutMs: 5 });
});

it.each([
  ["proto/ameide/policy/v1/policy.proto", ""],
  ["googleapis/google/api/field_info.proto", "third_party/"],
])("has %s, under the path that protos import it by", (path, place) => {
  const source = fileURLToPath(new URL(`../../../${place}${path}`, import.meta.url));
  expect(readFileSync(join(dist, path), "utf8")).toBe(readFileSync(source, "utf8"));
});

it("has no file that no entry loads", () => {
  const all = readdirSync(dist, { recursive: true, encoding: "utf8" });
  const present = all.filter((file) => !/^(cjs|stubs)\//.test(file));
  const loaded = [...entries, ...programs].flatMap(
    (entry) => loadedWith(entry, { later: true }).files,
  );
  expect(present.filter((file) => file.endsWith(".js")).toSorted()).toEqual(
    [...new Set(loaded)].toSorted(),
  );
});

it("/node is few files, since each costs what an import takes", () => {
  expect(loadedWith("node.js", { later: false }).files.length).toBeLessThanOrEqual(4);
});

it("/node loads no HTTP, TLS or zlib of Node.js at import", () => {
  const loadedBy = (module: string) => {
    const program = `
      const before = new Set(process.moduleLoadList);
      await import(${JSON.stringify(module)});
      process.stdout.write(JSON.stringify(process.moduleLoadList.filter((each) => !before.has(each))));`;
    const args = ["--input-type=module", "--eval", program];
    const { stdout } = spawnSync(process.execPath, args, { cwd: dist, encoding: "utf8" });
    return JSON.parse(stdout) as string[];
  };
  const connect = loadedBy("@connectrpc/connect");
  expect(connect.length).toBeGreaterThan(0);
  expect(loadedBy("@connectrpc/connect-node")).toContain("NativeModule http2");
  const allowed = [...connect, "NativeModule async_hooks"];
  expect(loadedBy(join(dist, "node.js")).filter((each) => !allowed.includes(each))).toEqual([]);
});

it.each(["1.1", "2"])("a unary call over HTTP/%s loads no fetch of Node.js", (httpVersion) => {
  const program = `
    const { createServer } = await import(${JSON.stringify(httpVersion === "2" ? "node:http2" : "node:http")});
    const { createAmeideClient } = await import(${JSON.stringify(join(dist, "client.js"))});
    const server = createServer((request, response) => {
      request.resume();
      response.setHeader("content-type", "application/proto");
      response.end();
    });
    server.listen(0, "127.0.0.1", async () => {
      const baseUrl = "http://127.0.0.1:" + server.address().port;
      const client = createAmeideClient({
        baseUrl, allowInsecureLoopback: true, telemetry: false, tenant: "t1",
        httpVersion: ${JSON.stringify(httpVersion)},
      });
      await client.threads.getThread({});
      const loadsFetch = () => process.moduleLoadList.some((each) => /undici/.test(each));
      const before = loadsFetch();
      new Headers();
      process.stdout.write(JSON.stringify([before, loadsFetch()]));
      process.exit();
    });`;
  const args = ["--input-type=module", "--eval", program];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: dist, encoding: "utf8" });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual([false, true]);
});

it("all of it is ASCII, which V8 keeps at a byte for each character", () => {
  const files = readdirSync(dist, { recursive: true, encoding: "utf8" });
  const scripts = files.filter((file) => file.endsWith(".js"));
  expect(scripts.length).toBeGreaterThan(0);
  const wide = scripts.filter((file) => /[^ -~\s]/.test(readFileSync(join(dist, file), "utf8")));
  expect(wide).toEqual([]);
});

const forBrowsers = ["web.js", "client_web.js", "roster_web.js", "index.js", "testing.js"];
it.each(forBrowsers)("%s: nothing of Node's", (entry) => {
  const { others } = loadedWith(entry, { later: true });
  expect(others.length).toBeGreaterThan(0);
  expect(others.filter((name) => /^node:|connect-node/.test(name))).toEqual([]);
});

it.each(["roster.js", "roster_web.js"])("%s: no service", (entry) => {
  const name = "@ameideio/core-proto/roster";
  expect(loadedWith(entry, { later: true }).others).not.toContain(name);
  expect(loadedWith("client.js", { later: true }).others).toContain(name);
});

it.each(["index.js", "otel.js", "testing.js"])("%s: no client", (entry) => {
  expect(loadedWith(entry, { later: true }).files).not.toContain("transport.js");
  expect(loadedWith("node.js", { later: true }).files).toContain("transport.js");
});

it("what one entry throws is another's error", async () => {
  const { createAmeideTransport } = (await import(join(dist, "node.js"))) as {
    createAmeideTransport: (options: object) => unknown;
  };
  const { AmeideError } = (await import(join(dist, "index.js"))) as { AmeideError: object };
  expect(() => createAmeideTransport({ baseUrl: "ftp://nowhere" })).toThrow(
    expect.objectContaining({ constructor: AmeideError }),
  );
});
