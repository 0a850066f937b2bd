import { expect, test } from "vitest";
import { type Contestant, contestants, watching } from "../src/contestants.js";

async function headersOf(name: Contestant): Promise<string[]> {
  const sent: string[] = [];
  const stop = watching((header) => sent.push(...header.keys()));
  try {
    await contestants[name]()();
  } finally {
    stop();
  }
  return sent.sort();
}

const bare = ["connect-protocol-version", "content-type", "user-agent"];
const all = [
  "authorization",
  ...bare,
  "connect-timeout-ms",
  "idempotency-key",
  "x-request-id",
  "x-tenant-id",
].sort();
const without = (name: string) => all.filter((each) => each !== name);

// A contestant that does less than its name says would be no measure.
test.each<[Contestant, string[]]>([
  ["bare", bare],
  ["bareJson", bare],
  ["bareStream", bare],
  ["sdk", all],
  ["sdkJson", all],
  ["sdkStream", without("idempotency-key").filter((each) => each !== "connect-timeout-ms")],
  ["noAuth", without("authorization")],
  ["noTenant", without("x-tenant-id")],
  ["noKey", without("idempotency-key")],
  ["noRetry", all],
  ["noRetryNoDeadline", without("connect-timeout-ms")],
  ["noTelemetry", all],
  ["observer", all],
  ["ownRequestId", all],
  ["noRequestId", all],
])("%s sends what it should", async (name, expected) => {
  expect(await headersOf(name)).toEqual(expected);
});
