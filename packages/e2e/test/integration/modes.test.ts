import { readFileSync } from "node:fs";
import { isAmeideError } from "@ameideio/ameide-sdk-ts";
import { integrationMode } from "@ameideio/ameide-sdk-ts/testing";
import { expect, test } from "vitest";
import { clusterOptions } from "../../src/integration/cluster.js";

interface ModeVector {
  readonly text?: string;
  readonly mode?: string;
  readonly refused?: string;
}

interface ClusterVector {
  readonly env: Readonly<Record<string, string>>;
  readonly refused?: string;
}

// The same files are read by the tests of the other languages.
const modes = vectors<ModeVector>("modes");
const modeOf = ({ text }: ModeVector) =>
  integrationMode(text === undefined ? {} : { INTEGRATION_MODE: text });

test.each(modes.filter(({ mode }) => mode !== undefined))("$text is $mode", (vector) => {
  expect(modeOf(vector)).toBe(vector.mode);
});

test.each(modes.filter(({ mode }) => mode === undefined))("$text is refused", (vector) => {
  const error = thrownBy(() => modeOf(vector));
  expect(isAmeideError(error) && error.reason).toBe("CONFIG_INVALID");
  expect(String(error)).toContain("environment variable INTEGRATION_MODE: ");
  expect(String(error)).toContain(vector.refused);
});

test.each(vectors<ClusterVector>("clusters"))("cluster $env", ({ env, refused }) => {
  const error = thrownBy(() => clusterOptions(env));
  expect(error instanceof Error ? error.message : error).toBe(refused);
});

function vectors<T>(name: string): T[] {
  const file = new URL(`../../integration/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as T[];
}

function thrownBy(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}
