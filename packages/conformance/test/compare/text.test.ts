import { expect, test } from "vitest";
import { holdsText } from "../../src/compare/text.js";

test.each([
  ["option baseUrl: needs its scheme", "option baseUrl: needs its scheme, and more"],
  ["option baseUrl: needs its scheme", "option base_url: needs its scheme, and more"],
  ["retry.maxServerDelayMs: must", "option retry.max_server_delay: must be more"],
  ["hosts that InsecureHosts", "hosts that insecure_hosts lists"],
  ["did you mean tenant?", "option tenatn: did you mean tenant?"],
])("%j is in %j", (stated, seen) => {
  expect(holdsText(stated, seen)).toBe(true);
});

test.each([
  ["option baseUrl", "option base_uri"],
  ["attemptTimeoutMs", "option attempt-timeout"],
  ["AMEIDE_TIMEOUT_MS", "ameide_timeout"],
])("%j is not in %j", (stated, seen) => {
  expect(holdsText(stated, seen)).toBe(false);
});
