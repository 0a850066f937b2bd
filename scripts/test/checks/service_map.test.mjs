// @ts-check
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { serviceMap } from "../../checks/service_map.mjs";
import { openTree } from "../../checks/tree.mjs";
import { readServiceMap, servicesPage } from "../../generate/service_map.mjs";
import { plant } from "../harness/planted.mjs";

const AREAS = new Map([
  ["ameide.meter.v1", ["MeterService"]],
  ["ameide.threads.v1", ["ThreadsService"]],
]);

const MAP = `services:
  - name: server
    about: serves everything
    path: packages/server
    serves: all
  - name: worker
    about: works
    path: packages/worker
    calls: [ameide.meter.v1.MeterService]
`;

const CLEAN = {
  "docs/service-map.yaml": MAP,
  "proto/ameide/meter/v1/meter.proto": "package ameide.meter.v1;\nservice MeterService {}\n",
  "proto/ameide/threads/v1/threads.proto":
    "package ameide.threads.v1;\nservice ThreadsService {}\n",
  "proto/ameide/events/v1/change.proto": "package ameide.events.v1;\nmessage Change {}\n",
  "packages/server/src/routes.ts":
    'import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";\n' +
    'import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";\n',
  "packages/worker/main.py": "from ameide_core_proto.ameide.meter.v1 import meter_connect\n",
  "packages/worker/test/main.test.ts": 'import "@ameideio/core-proto/ameide/threads/v1";\n',
};

describe("service-map", () => {
  it("is green where the map says what programs import", async () => {
    expect(await check({})).toEqual([]);
  });

  it.each([
    ["TypeScript", "b.ts", 'import "@ameideio/ameide-sdk-ts/threads/v1";'],
    [
      "Go",
      "b.go",
      'import "github.com/ameideio/ameide-core-proto-go/ameide/threads/v1/threadsv1connect"',
    ],
    ["Python", "b.py", "import ameide_core_proto.ameide.threads.v1.threads_pb"],
  ])("is red on an import in %s that is not stated", async (_, file, text) => {
    expect(await check({ [`packages/worker/${file}`]: text })).toEqual([
      "docs/service-map.yaml: worker: imports ameide.threads.v1, which it does not state",
    ]);
  });

  it("is red on what is stated without an import, unless a client of the roster may load it", async () => {
    const map = MAP.replace("[ameide.meter", "[ameide.threads.v1, ameide.meter");
    expect(await check({ "docs/service-map.yaml": map })).toEqual([
      "docs/service-map.yaml: worker: states ameide.threads.v1, imports no stub of it",
    ]);
    const roster = 'import { createAmeideClient } from "@ameideio/ameide-sdk-ts/client";\n';
    expect(
      await check({ "docs/service-map.yaml": map, "packages/worker/client.ts": roster }),
    ).toEqual([]);
  });

  it("is red on a folder without a program", async () => {
    const map = MAP.replace("packages/worker", "packages/gone");
    expect(await check({ "docs/service-map.yaml": map })).toEqual([
      "docs/service-map.yaml: worker: there is no program in packages/gone",
    ]);
  });
});

describe("readServiceMap", () => {
  it.each([
    [
      "an unknown area",
      "calls: [ameide.meter.v1.MeterService]",
      "calls: [ameide.meters.v1]",
      "worker: calls: there is no area ameide.meters.v1",
    ],
    [
      "an unknown service",
      "v1.MeterService",
      "v1.Meter",
      "worker: calls: there is no service Meter in ameide.meter.v1",
    ],
    [
      "a package without services",
      "ameide.meter.v1.MeterService",
      "ameide.events.v1",
      "worker: calls: there is no area ameide.events.v1",
    ],
    [
      "an area that is no list",
      "calls: [ameide.meter.v1.MeterService]",
      "calls: ameide.meter.v1",
      "worker: calls: must be a list of areas, or all",
    ],
    [
      "a service that does nothing",
      "    calls: [ameide.meter.v1.MeterService]\n",
      "",
      "worker: must serve or call something",
    ],
    [
      "an unknown key",
      "calls:",
      "uses:",
      "worker: unknown key uses: known are name, about, path, repository, serves, calls",
    ],
    [
      "two of a name",
      "name: worker",
      "name: server",
      "services[1]: there is another service server",
    ],
    [
      "a name in capitals",
      "name: worker",
      "name: Worker",
      "Worker: name must be words in lower case, joined by hyphens",
    ],
    [
      "no place",
      "    path: packages/worker\n",
      "",
      "worker: must have either a path or a repository",
    ],
    [
      "an address that is none",
      "path: packages/worker",
      "repository: git@a:b",
      "worker: repository must be an https address",
    ],
    ["no list", MAP, "services: {}", "must be `services:` with a list of them, and nothing else"],
  ])("refuses %s", (_, from, to, says) => {
    expect(MAP).toContain(from);
    expect(() => readServiceMap(MAP.replace(from, to), AREAS)).toThrow(
      `docs/service-map.yaml: ${says}`,
    );
  });

  it("takes the example of the docs", () => {
    const page = readFileSync(new URL("../../../docs/service-map.md", import.meta.url), "utf8");
    const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
    const areas = new Map([...AREAS, ["ameide.identity.v1", ["TokenService"]]]);
    expect(readServiceMap(example, areas)).toMatchObject([{ name: "billing", serves: [] }]);
  });
});

describe("servicesPage", () => {
  it("draws who calls and who serves", () => {
    const page = servicesPage(readServiceMap(MAP, AREAS), AREAS);
    expect(page).toContain(`\`\`\`mermaid
graph LR
  server["server"]
  worker["worker"]
  ameide_meter_v1(["ameide.meter.v1"])
  ameide_threads_v1(["ameide.threads.v1"])
  ameide_meter_v1 -.-> server
  ameide_threads_v1 -.-> server
  worker --> ameide_meter_v1
\`\`\``);
    expect(page).toContain("| [server](../../packages/server) | serves everything |  | all |\n");
    expect(page).toContain(
      "| [worker](../../packages/worker) | works | [ameide.meter.v1.MeterService](ameide.meter.v1.md) |  |\n",
    );
  });

  it("does not depend on the order of the map", () => {
    const services = readServiceMap(MAP, AREAS);
    const turned = new Map([...AREAS].toReversed());
    expect(servicesPage(services, turned)).toBe(servicesPage(services, AREAS));
  });
});

/** @param {Record<string, string>} planted */
async function check(planted) {
  const { root } = plant({ ...CLEAN, ...planted });
  return (await serviceMap.run(await openTree(root))).problems;
}
