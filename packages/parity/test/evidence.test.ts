import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { gather } from "../src/evidence.js";
import { green } from "./harness/evidence.js";
import { temporaryFolder } from "./harness/temporary.js";

const schema = "ameide.parity.v1";

function folderWith(name: string, verdict: object): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, name), JSON.stringify(verdict));
  return folder;
}

it.each([
  ["matrix.py-sync.json", { schema, sdk: "py-async" }, "it is of py-async, not of py-sync"],
  ["matrix.go.json", { schema }, "it is of no SDK, not of go"],
  ["official.ts.json", { schema, totals: { sdk: "go" } }, "it is of go, not of ts"],
  ["official.go.json", { totals: { sdk: "go" } }, `its schema is not ${schema}`],
])("refuses a verdict that is none of its column: %s %j", async (name, verdict, why) => {
  const folder = folderWith(name, verdict);
  await expect(gather(green().parity, folder)).rejects.toThrow(
    `${join(folder, name)} cannot be read: ${why}`,
  );
});

it("takes the verdict of a column", async () => {
  const folder = folderWith("matrix.go.json", { schema, sdk: "go" });
  const { matrices } = await gather(green().parity, folder);
  expect(matrices).toMatchObject({ go: { sdk: "go" }, ts: undefined });
});
