import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { entryPath, weigh } from "../src/bundle.js";
import { countRow } from "../src/children.js";
import { NAMES } from "../src/goals.js";
import { rowOf } from "../src/rows.js";

const MINUTES = 60_000;

// Bytes that the SDK adds. Lower them when they have sunk; raising one is a
// decision, and its commit says what it buys.
const bounds = JSON.parse(
  readFileSync(new URL("../bounds.json", import.meta.url), "utf8"),
) as Record<"allocated" | "bundles", Record<string, number>>;

test.each(Object.entries(bounds.allocated))(
  "%s allocates at most %i bytes more than the bare client",
  async (name, most) => {
    const { base, other } = await countRow(rowOf(name));
    expect(other - base).toBeLessThanOrEqual(most);
  },
  5 * MINUTES,
);

test(
  "the SDK adds to a bundle at most what is agreed",
  async () => {
    const most = bounds.bundles[NAMES.bundleSdk] ?? 0;
    const base = await weigh(entryPath("bare_web"));
    const other = await weigh(entryPath("sdk_web"));
    // A bound nobody comes near any more guards nothing.
    expect(other.gzip - base.gzip).toBeGreaterThan(most * 0.9);
    expect(other.gzip - base.gzip).toBeLessThanOrEqual(most);
  },
  MINUTES,
);
