import { execFile } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { check, manifestOf, readImage } from "../src/index.js";
import { showTable } from "../src/report/table.js";
import { ourImage } from "./harness/images.js";
import { temporaryFile, temporaryFolder } from "./harness/run.js";
import { callIn, wantedSurface } from "./harness/surfaces.js";

const start = promisify(execFile);
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/^```(\w*)\n([^]*?)^```/gm)].map(([, language, text = ""]) => ({
  language,
  text,
}));

it("the commands run as they are, in a clone", async () => {
  const commands = blocks.filter(({ language }) => language === "sh").map(({ text }) => text);
  const folder = temporaryFolder();
  const packages = fileURLToPath(new URL("../../", import.meta.url));
  symlinkSync(packages, join(folder, "packages"));
  const script = temporaryFile("readme.sh", `set -e\n${commands.join("") || "false"}`);
  const { stdout: git } = await start("git", ["rev-parse", "--absolute-git-dir"], {
    cwd: packages,
  });
  // The last commit is the release.
  const env = { ...process.env, GIT_DIR: git.trim(), RELEASE: "HEAD" };
  const { stdout } = await start("sh", [script], { cwd: folder, env });
  const verdict = String.raw`verdict: green, \d+ services, \d+ methods, alike in ts\n`;
  expect(stdout).toMatch(new RegExp(`^${verdict}Nothing changed.\n${verdict}`));
});

it("the outputs are what is printed", () => {
  const manifest = manifestOf(readImage(ourImage(), "it"));
  const green = (["ts", "go", "python"] as const).map((sdk) => wantedSurface(manifest, sdk));
  const red = wantedSurface(manifest, "go", (surface) => {
    surface.clients.forEach((client) => (client.entry = "client.New"));
    callIn(surface, "Threads", "GetThread").name = "ReadThread";
  });
  const shown = blocks.filter(({ language }) => language === "").map(({ text }) => text);
  // Numbers are those of a day.
  expect(shown.map(withoutNumbers)).toEqual(
    [green, [red]].map((surfaces) => withoutNumbers(showTable(check(manifest, surfaces)))),
  );
});

function withoutNumbers(text: string): string {
  return text.replaceAll(/\d+(?= (services|methods))/g, "N");
}
