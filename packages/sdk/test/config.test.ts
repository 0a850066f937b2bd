import { afterEach, expect, it, vi } from "vitest";
import { thrownBy } from "./harness/scripted_threads.js";
import { createAmeideTransport } from "../src/node.js";

afterEach(() => vi.unstubAllEnvs());

it.each([
  ["AMEIDE_BASE_URL", "ftp://s3cret"],
  ["AMEIDE_BASE_URL", "s3cret"],
  ["AMEIDE_TENANT", "s3cret s3cret"],
  ["AMEIDE_TOKEN", "s3cret\n"],
  ["AMEIDE_TIMEOUT_MS", "0"],
  ["AMEIDE_TIMEOUT_MS", "1.5"],
  ["AMEIDE_TIMEOUT_MS", "1e3"],
  ["AMEIDE_MAX_ATTEMPTS", "6"],
  ["AMEIDE_SDK_RETRIES", "no"],
])("%s=%j in the environment is refused", (name, value) => {
  vi.stubEnv("AMEIDE_BASE_URL", "https://env.test");
  vi.stubEnv(name, value);
  const error = thrownBy(() => createAmeideTransport({ telemetry: false }));
  expect(error).toMatchObject({ reason: "CONFIG_INVALID", fieldViolations: [{ field: name }] });
  expect(error.message).toContain(name);
  expect(error.message).not.toContain("s3cret");
});
