import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const manifest = JSON.parse(readFileSync(join(dist, "../package.json"), "utf8")) as {
  exports: Record<string, string | Record<string, string>>;
  bin: Record<string, string>;
};
const entries = [...new Set(Object.values(manifest.exports).flatMap((each) => filesOf(each)))];
const programs = filesOf(manifest.bin);

function filesOf(targets: string | Record<string, string>): string[] {
  const all = typeof targets === "string" ? [targets] : Object.values(targets);
  return all.map((target) => target.replace("./dist/", ""));
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

it("has no file that no entry loads", () => {
  const present = readdirSync(dist, { recursive: true, encoding: "utf8" });
  const loaded = [...entries, ...programs].flatMap(
    (entry) => loadedWith(entry, { later: true }).files,
  );
  expect(present.filter((file) => file.endsWith(".js")).toSorted()).toEqual(
    [...new Set(loaded)].toSorted(),
  );
});

it("/node is few files, since each costs what an import takes", () => {
  expect(loadedWith("node.js", { later: false }).files.length).toBeLessThanOrEqual(3);
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
