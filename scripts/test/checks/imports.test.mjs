// @ts-check
import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { manifest, plant } from "../harness/planted.mjs";
import { imports } from "../../checks/imports.mjs";
import {
  developable,
  importable,
  INSIDE,
  roomOf,
  ROOMS,
  TEST_ROOMS,
} from "../../checks/layers.mjs";
import { importsOf } from "../../checks/specifiers.mjs";
import { openTree } from "../../checks/tree.mjs";

const PYTHON = "packages/sdk-python/src/ameide_sdk/_internal";

/** The rooms of the first layers, as clean as they can be. */
const CLEAN = {
  "pnpm-workspace.yaml": "packages:\n  - packages/*\n  - packages/core-proto/*\n",
  "packages/core-proto/ts/package.json": manifest({ name: "@ameideio/core-proto" }),
  "packages/core-proto/go/go.mod": "module github.com/ameideio/ameide-core-proto-go\n",
  "packages/fault-server/package.json": manifest({ name: "@ameideio/fault-server" }),
  "packages/fault-server/src/index.ts": "export {};",
  "packages/reference-server/package.json": manifest({
    name: "@ameideio/reference-server",
    dependencies: { "@ameideio/core-proto": "workspace:*" },
  }),
  "packages/sdk/package.json": manifest({
    name: "@ameideio/ameide-sdk-ts",
    dependencies: { "@ameideio/core-proto": "workspace:*" },
    devDependencies: { "@ameideio/fault-server": "workspace:*" },
  }),
  "packages/sdk/src/transport/transport.ts":
    'import { x } from "@ameideio/core-proto/ameide/threads/v1";\nsetTimeout(x, 1);',
  "packages/sdk/test/retry.test.ts": 'import { start } from "@ameideio/fault-server";',
  "packages/sdk/conformance/adapter.ts": 'import { a } from "@ameideio/ameide-sdk-ts/node";',
  "packages/sdk-go/go.mod": "module github.com/ameideio/ameide-sdk-go\n",
  "packages/sdk-go/a.go":
    'package a\nimport "github.com/ameideio/ameide-core-proto-go/threads/v1"\n',
  "packages/sdk-python/src/a.py": "from ameide_core_proto.ameide.threads.v1 import threads_pb2\n",
  ...Object.fromEntries(
    Object.entries(INSIDE).flatMap(([source, order]) =>
      order
        .split(" ")
        .map((folder) =>
          source.startsWith("packages/sdk-python/")
            ? [`${source}/${folder}/a.py`, ""]
            : [`${source}/${folder}/a.ts`, "export {};"],
        ),
    ),
  ),
};

describe("imports", () => {
  it("is green on a clean tree", async () => {
    expect(await check({})).toEqual([]);
  });

  it.each([
    [
      "an SDK that imports the server it is tested with",
      { "packages/sdk/src/transport/transport.ts": 'export { x } from "@ameideio/fault-server";' },
      "packages/sdk/src/transport/transport.ts: imports @ameideio/fault-server: sdk (layer 2) may use core-proto",
    ],
    [
      "a server that imports an SDK, even in a test",
      { "packages/fault-server/test/a.test.ts": 'await import("@ameideio/ameide-sdk-ts");' },
      "fault-server (layer 2) may use",
    ],
    [
      "a relative path into another package",
      { "packages/sdk/src/transport/transport.ts": 'import "../../../fault-server/src/index.js";' },
      "reaches into fault-server by ../../../fault-server/src/index.js",
    ],
    [
      "an adapter behind its SDK's public entry",
      { "packages/sdk/conformance/adapter.ts": 'import { retry } from "../src/retry.js";' },
      "reaches into sdk by ../src/retry.js",
    ],
    [
      "an adapter that uses the stubs",
      { "packages/sdk/conformance/adapter.ts": 'import "@ameideio/core-proto/roster";' },
      "sdk/conformance (layer 3) may use conformance-proto, sdk",
    ],
    [
      "a Go package that goes up",
      { "packages/core-proto/go/a.go": 'package a\nimport "github.com/ameideio/ameide-sdk-go"\n' },
      "core-proto (layer 1) may use nothing of ours, not sdk-go",
    ],
    [
      "a Python package that goes sideways",
      {
        "packages/sdk-python/src/a.py":
          "from ameide_conformance_proto.ameide.conformance.v1 import suite_pb2\n",
      },
      "sdk-python (layer 2) may use core-proto",
    ],
    [
      "a script that needs a build",
      { "scripts/a.mjs": 'import "@ameideio/core-proto/roster";' },
      "scripts (layer 0) may use nothing of ours",
    ],
    [
      "a package of ours that does not exist",
      { "packages/sdk/src/transport/transport.ts": 'import "@ameideio/typo";' },
      "imports @ameideio/typo, which is no package of ours",
    ],
    [
      "a dependency that no import shows",
      {
        "packages/core-proto/ts/package.json": manifest({
          name: "@ameideio/core-proto",
          devDependencies: { "@ameideio/fault-server": "workspace:*" },
        }),
      },
      "packages/core-proto/ts/package.json: depends on @ameideio/fault-server",
    ],
    [
      "a test server among the dependencies of users",
      {
        "packages/sdk/package.json": manifest({
          name: "@ameideio/ameide-sdk-ts",
          dependencies: { "@ameideio/fault-server": "workspace:*" },
        }),
      },
      "packages/sdk/package.json: depends on @ameideio/fault-server",
    ],
    [
      "a cycle",
      {
        "packages/fault-server/package.json": manifest({
          name: "@ameideio/fault-server",
          devDependencies: { "@ameideio/reference-server": "workspace:*" },
        }),
        "packages/reference-server/package.json": manifest({
          name: "@ameideio/reference-server",
          devDependencies: { "@ameideio/fault-server": "workspace:*" },
        }),
      },
      "cycle: @ameideio/fault-server → @ameideio/reference-server → @ameideio/fault-server",
    ],
    ["a package without a layer", { "packages/attic/a.ts": "" }, "packages/attic: has no layer"],
  ])("is red on %s", async (_, files, says) => {
    const problems = await check(files);
    expect(problems).toEqual([expect.stringContaining(says)]);
  });

  it("is red when it saw no file", async () => {
    const tree = await openTree(plant({ "pnpm-workspace.yaml": "packages: []\n" }).root);
    expect((await imports.run(tree)).problems).toEqual(["saw no source file"]);
  });
});

describe("the policy core", () => {
  it.each([
    ["a clock", "const t = Date.now();", "it uses Date.now"],
    ["the current date", "const t = new Date();", "it uses the current Date"],
    ["a monotonic clock", "const t = performance.now();", "it uses performance"],
    ["randomness", "const u = Math.random();", "it uses Math.random"],
    ["randomness by another name", "const { random } = Math;", "it uses Math as a whole"],
    ["a clock by a text", 'const t = Date["now"]();', "it uses Date as a whole"],
    ["a clock that is passed on", "const clock = [Date];", "it uses Date as a whole"],
    ["the current date as a text", "const t = Date();", "it uses the current Date"],
    ["a timer", "const f = { later: setTimeout };", "it uses setTimeout"],
    ["a log", "(console as any).log(1);", "it uses console"],
    ["the environment", "const e = process.env;", "it uses process"],
    ["a module of Node", 'import { randomUUID } from "node:crypto";', "it imports node:crypto"],
    [
      "a package with I/O",
      'import "@connectrpc/connect-node";',
      "it imports @connectrpc/connect-node",
    ],
    [
      "a type of a package",
      'import type { Code } from "@connectrpc/connect";',
      "@connectrpc/connect",
    ],
  ])("is red on %s", async (_, text, says) => {
    const problems = await check({ "packages/sdk/src/policy/retry.ts": text });
    expect(problems).toEqual([
      expect.stringMatching(/policy\/retry\.ts: the policy core must stay pure, it /),
    ]);
    expect(problems[0]).toContain(says);
  });

  it.each([
    ["a clock", "import time\n", "it imports time"],
    ["randomness", "from random import random\n", "it imports random.random"],
    ["threads", "import threading\n", "it imports threading"],
    ["the current date", "from datetime import datetime\ndatetime.now()\n", "datetime.now"],
    ["a package", "from connectrpc.code import Code\n", "it imports connectrpc.code.Code"],
  ])("is red on %s in Python", async (_, text, says) => {
    const problems = await check({ [`${PYTHON}/policy/retry.py`]: text });
    expect(problems).toEqual([
      expect.stringMatching(/policy\/retry\.py: the policy core must stay pure, it /),
    ]);
    expect(problems[0]).toContain(says);
  });

  it("may import itself and what only computes in Python", async () => {
    const text = `from __future__ import annotations
import math
from collections.abc import Callable
from threading import Lock
from ameide_sdk._internal.policy.budget import Budget
`;
    expect(await check({ [`${PYTHON}/policy/retry.py`]: text })).toEqual([]);
  });

  it("may parse dates, and name a property like a global", async () => {
    const text = `import type { Transport, Code } from "./policy.js";
      export const least = (at: Date) => Math.min(1, at.getTime(), { Math: 1 }.Math);
      export const at = (text: string) => Date.parse(text) || new Date(text).getTime();
      export const f = (o: { fetch: Transport; process(): Code }) => [o.fetch, o.process(), { fetch: 1 }];`;
    expect(await check({ "packages/sdk/src/policy/server_hints.ts": text })).toEqual([]);
  });
});

describe("the order inside a package", () => {
  const late = 'import type { Call } from "../call/call_options.js";';
  it.each([
    [
      "a type of a later folder",
      { "packages/sdk/src/wire/recorder.ts": late },
      "packages/sdk/src/wire/recorder.ts: imports ../call/call_options.js, of call/, which comes after wire/",
    ],
    [
      "a policy core that imports another folder",
      { "packages/sdk/src/policy/retry.ts": late },
      "policy/retry.ts: imports ../call/call_options.js, of call/, which comes after policy/",
    ],
    [
      "an entry that a folder imports",
      { "packages/sdk/src/clients/paginate.ts": 'export { call } from "../index.js";' },
      "packages/sdk/src/clients/paginate.ts: imports ../index.js, of an entry",
    ],
    [
      "an entry by the name of its own package",
      {
        "packages/sdk/src/errors/causes.ts":
          'export { AmeideError } from "@ameideio/ameide-sdk-ts";',
      },
      "packages/sdk/src/errors/causes.ts: imports @ameideio/ameide-sdk-ts, of an entry",
    ],
    [
      "a type of an entry by the name of its own package",
      {
        "packages/sdk/src/call/call_plan.ts":
          'export type A = import("@ameideio/ameide-sdk-ts/node").AmeideTransport;',
      },
      "packages/sdk/src/call/call_plan.ts: imports @ameideio/ameide-sdk-ts/node, of an entry",
    ],
    [
      "a program that reaches into another",
      { "packages/e2e/src/leak/run.ts": 'await import("../demo/start.js");' },
      "packages/e2e/src/leak/run.ts: imports ../demo/start.js, of demo/",
    ],
    [
      "a type of a later folder in Python",
      {
        [`${PYTHON}/wire/recorder.py`]:
          "if TYPE_CHECKING:\n    from ameide_sdk._internal.call.attempt import Attempt\n",
      },
      "wire/recorder.py: imports ameide_sdk._internal.call.attempt.Attempt, of call/, which comes after wire/",
    ],
    [
      "an entry that a folder imports in Python",
      { [`${PYTHON}/clients/paginate.py`]: "from ameide_sdk import AmeideError\n" },
      "clients/paginate.py: imports ameide_sdk.AmeideError, of an entry",
    ],
    [
      "a folder without a place in Python",
      { [`${PYTHON}/attic/a.py`]: "" },
      "_internal/attic: has no place in the order",
    ],
    [
      "a folder without a place",
      { "packages/conformance/src/attic/a.ts": "export {};" },
      "packages/conformance/src/attic: has no place in the order",
    ],
  ])("is red on %s", async (_, files, says) => {
    expect(await check(files)).toEqual([expect.stringContaining(says)]);
  });

  it("is red on a folder that is gone", async () => {
    const repository = plant(CLEAN);
    repository.remove("packages/sdk/src/policy/a.ts");
    const { problems } = await imports.run(await openTree(repository.root));
    expect(problems).toEqual([expect.stringContaining("packages/sdk/src/policy: is gone")]);
  });

  it("is as docs/architecture.md shows it", () => {
    const page = readFileSync(new URL("../../../docs/architecture.md", import.meta.url), "utf8");
    const rows = [...page.matchAll(/^\| `(\w+)\/` \|/gm)].map(([, folder]) => folder);
    expect(rows.join(" ")).toBe(INSIDE["packages/sdk/src"]);
  });

  it("lets folders import from earlier ones, and entries from all", async () => {
    const files = {
      "packages/sdk/src/call/call_options.ts":
        'export { a } from "../policy/a.js";\nimport "./a.js";',
      "packages/sdk/src/node.ts":
        'export { a } from "./call/call_options.js";\nexport { b } from "./web.js";',
    };
    expect(await check(files)).toEqual([]);
  });

  it("lets folders import from earlier ones, and entries from all, in Python", async () => {
    const files = {
      [`${PYTHON}/call/attempt.py`]:
        "import ameide_sdk._internal.policy.a\nfrom ameide_sdk._internal.call.a import b\n",
      "packages/sdk-python/src/ameide_sdk/__init__.py":
        "from ameide_sdk._internal.clients.a import b\n",
    };
    expect(await check(files)).toEqual([]);
  });
});

describe("the import order", () => {
  it("goes down only", () => {
    const layers = new Map(ROOMS.map(({ name, layer }) => [name, layer]));
    for (const { layer, uses } of ROOMS) {
      for (const name of uses) {
        expect(layers.get(name)).toBeLessThan(layer);
      }
    }
  });

  it("lets tests use the two servers, and users of an adapter its needs", () => {
    const sdk = roomOf("packages/sdk/src/a.ts");
    expect(sdk?.name).toBe("sdk");
    if (sdk === undefined) {
      return;
    }
    expect(importable(sdk, { test: false })).toEqual(["sdk", "core-proto"]);
    expect(importable(sdk, { test: true })).toEqual(["sdk", "core-proto", ...TEST_ROOMS.names]);
    expect(developable(sdk)).toContain("conformance-proto");
    expect(roomOf("packages/sdk/conformance/a.ts")?.name).toBe("sdk/conformance");
  });
});

describe("importsOf", () => {
  it("reads every way TypeScript has, and no text", () => {
    const text = `import type { A } from "a"; import { type B } from "b"; export * from "c";
      const d = await import("d"); require("e"); type F = import("f").F; const no = 'import "no"';`;
    expect(importsOf("a.ts", text)).toEqual([
      { specifier: "a", typeOnly: true },
      { specifier: "b", typeOnly: false },
      { specifier: "c", typeOnly: false },
      { specifier: "d", typeOnly: false },
      { specifier: "e", typeOnly: false },
      { specifier: "f", typeOnly: true },
    ]);
  });

  it("reads Go and Python, and no comment", () => {
    const go = 'package a\n// import "no"\nimport "fmt"\nimport (\n\tx "a/b"\n\t. "c"\n)\n';
    expect(importsOf("a.go", go)?.map(({ specifier }) => specifier)).toEqual(["a/b", "c", "fmt"]);
    const python =
      '"""\nimport no\n"""\nfrom a import (b as c,\n  d)\nimport e.f as g, h  # import no\n';
    expect(importsOf("a.py", python)?.map(({ specifier }) => specifier)).toEqual([
      "a.b",
      "a.d",
      "e.f",
      "h",
    ]);
  });

  it("throws where TypeScript does not parse", () => {
    expect(() => importsOf("a.ts", "import {")).toThrow(/^a\.ts: /);
  });
});

/** @param {Record<string, string>} files */
async function check(files) {
  const { problems } = await imports.run(await openTree(plant({ ...CLEAN, ...files }).root));
  return problems;
}
