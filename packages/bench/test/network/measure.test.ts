import { create, toBinary } from "@bufbuild/protobuf";
import {
  GenerateRequestSchema,
  type GenerateResponse,
  GenerateResponseSchema,
} from "@ameideio/core-proto/ameide/inference/v1";
import { RecordUsageRequestSchema } from "@ameideio/core-proto/ameide/meter/v1";
import { expect, onTestFinished, test } from "vitest";
import { serveEcho } from "../../src/network/echo_server.js";
import { measureNetwork, measureSituation } from "../../src/network/measure.js";
import { echoOfPrompt, echoOfUsage, promptOf, usageOf } from "../../src/network/messages.js";
import { contestantsOf, SITUATIONS, type Situation } from "../../src/network/situations.js";

const TINY = { sets: 1, rounds: 2, share: 0.01 };
const named = (name: string) => SITUATIONS.filter((each) => each.name === name);
const [http1] = named("HTTP/1.1, one at a time") as [Situation];

test("each contestant has its numbers, from a process of its own", async () => {
  const said: string[] = [];
  const effort = { ...TINY, situations: [http1] };
  const { situations } = await measureNetwork(effort, (text) => said.push(text));
  expect(said).toEqual([expect.stringContaining(http1.name)]);
  expect(situations.map(({ measure }) => measure)).toEqual(["p50Us", "cpuUs"]);
  for (const { sides } of situations) {
    expect(sides.map(({ name }) => name)).toEqual([
      "raw",
      "connect-node",
      "A/A: connect-node",
      "connect-web, fetch",
      "the SDK",
    ]);
    for (const { us, toFloor, toConnectNode } of sides) {
      expect(Math.min(us, toFloor, toConnectNode)).toBeGreaterThan(0);
      expect(Math.max(us, toFloor, toConnectNode)).toBeLessThan(Infinity);
    }
    expect(sides[0]?.toFloor).toBe(1);
    expect(sides[1]?.toConnectNode).toBe(1);
  }
});

test("what speaks gRPC takes part over HTTP/2", () => {
  const [http2] = named("HTTP/2, one at a time") as [Situation];
  expect(contestantsOf(http2).map(({ name }) => name)).toEqual([
    "raw",
    "connect-node",
    "A/A: connect-node",
    "the SDK",
    "raw, gRPC",
    "connect-node, gRPC",
    "grpc-js",
    "grpc-js, protobufjs",
    "nice-grpc",
    "the SDK, gRPC",
  ]);
});

test("a contestant whose answers are wrong is named", async () => {
  const server = await serveEcho({
    recordUsage: (usage) => echoOfUsage({ ...usage, teamId: "x" }),
  });
  onTestFinished(() => server.close());
  await expect(measureSituation(http1, server.addresses, TINY)).rejects.toThrow(
    'raw: teamId is "x" instead of "team-0000"',
  );
});

test("requests and messages of streams have 100 bytes", () => {
  const request = create(RecordUsageRequestSchema, usageOf(7));
  expect(toBinary(RecordUsageRequestSchema, request)).toHaveLength(100);
  const [, , message] = [...echoOfPrompt(create(GenerateRequestSchema, promptOf(7)))];
  expect(toBinary(GenerateResponseSchema, message as GenerateResponse)).toHaveLength(100);
});
