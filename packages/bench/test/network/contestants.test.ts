import { expect, onTestFinished, test } from "vitest";
import { CONTESTANTS, contestantOf, NAMES } from "../../src/network/contestants.js";
import { type Answers, serveEcho } from "../../src/network/echo_server.js";
import { echoOfPrompt, echoOfUsage } from "../../src/network/messages.js";
import type { HttpVersion } from "../../src/network/peer.js";
import { SITUATIONS } from "../../src/network/situations.js";
import { check } from "../../src/network/window.js";

const POLICIES = ["authorization", "x-request-id", "x-tenant-id"];
const types = {
  connect: { unary: "application/proto", stream: "application/connect+proto" },
  grpc: { unary: /^application\/grpc(\+proto)?$/, stream: /^application\/grpc(\+proto)?$/ },
};

const others = CONTESTANTS.filter(({ name }) => name !== NAMES.control);
const cases = others.flatMap(({ name, versions }) =>
  versions.flatMap((version) => [
    [name, version, "unary"] as const,
    [name, version, "stream"] as const,
  ]),
);

// A contestant that speaks another protocol than its name says would be no measure.
test.each(cases)("%s over HTTP/%s: %s", async (name, version, kind) => {
  const seen: { type: string | undefined; http: string; names: string[] }[] = [];
  const server = await serveEcho({}, ({ headers, httpVersion }) =>
    seen.push({ type: headers["content-type"], http: httpVersion, names: Object.keys(headers) }),
  );
  onTestFinished(() => server.close());
  await check(await peerOf(name, version, server.addresses[version]), situationOf(version, kind));
  const { protocol } = contestantOf(name);
  expect(seen).toHaveLength(3);
  for (const { type, http, names } of seen) {
    expect(type).toMatch(types[protocol][kind]);
    expect(http).toBe(version === "2" ? "2.0" : "1.1");
    const sent = POLICIES.filter((header) => names.includes(header));
    expect(sent).toEqual(name.startsWith("the SDK") ? POLICIES : []);
  }
});

// Another's surface, and a stream with one message twice.
const WRONG: Partial<Answers> = {
  recordUsage: (usage) => echoOfUsage({ ...usage, surface: "email" }),
  *generate(prompt) {
    const [first, ...rest] = echoOfPrompt(prompt);
    yield* first === undefined ? [] : [first, first, ...rest.slice(1)];
  },
};

// With one client of each codec.
const codecs = cases.filter(
  ([name, version]) =>
    version === "2" && [NAMES.floor.connect, "grpc-js, protobufjs"].includes(name),
);

test.each(codecs)("%s over HTTP/%s: %s, wrong answers are seen", async (name, version, kind) => {
  const server = await serveEcho(WRONG);
  onTestFinished(() => server.close());
  const peer = await peerOf(name, version, server.addresses[version]);
  await expect(check(peer, situationOf(version, kind))).rejects.toThrow(
    kind === "unary" ? 'surface is "email" instead of "slack"' : "message 1 is t-0000,0,",
  );
});

function situationOf(version: HttpVersion, kind: "unary" | "stream") {
  const found = SITUATIONS.find((each) => each.version === version && each.kind === kind);
  if (found === undefined) {
    throw new Error(`no situation is ${kind} over HTTP/${version}`);
  }
  return found;
}

async function peerOf(name: string, version: HttpVersion, address: string) {
  const { load, protocol } = contestantOf(name);
  return (await load(version)).makePeer(address, version, protocol);
}
