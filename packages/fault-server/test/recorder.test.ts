import { expect, test } from "vitest";
import { readTimeout } from "../src/recorder.js";

test.each([
  ["connect-timeout-ms", "9999999999", 9_999_999_999],
  ["Connect-Timeout-Ms", "0", 0],
  ["connect-timeout-ms", "1500.7", undefined],
  ["connect-timeout-ms", "10000000000", undefined],
  ["grpc-timeout", "2H", 7_200_000],
  ["grpc-timeout", "3M", 180_000],
  ["grpc-timeout", "4S", 4000],
  ["grpc-timeout", "10000m", 10_000],
  ["grpc-timeout", "500u", 0.5],
  ["grpc-timeout", "99999999n", 99.999999],
  ["grpc-timeout", "100000000n", undefined],
  ["grpc-timeout", "5", undefined],
  ["timeout", "5", undefined],
])("%s: %s", (name, value, expected) => {
  const read = readTimeout([[name, value]]);
  expect(read && Math.round(read * 1e6) / 1e6).toBe(expected);
});
