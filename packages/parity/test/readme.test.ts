import { readFileSync } from "node:fs";
import { create } from "@bufbuild/protobuf";
import { MatrixSchema, VerdictSchema } from "@ameideio/conformance-proto/ameide/parity/v1";
import { expect, it } from "vitest";
import { runCli } from "../src/cli.js";
import { judge } from "../src/judge.js";
import { showTable } from "../src/report/summary.js";
import { green } from "./harness/evidence.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/^```(\w*)\n([^]*?)^```/gm)].map(([, language, text = ""]) => ({
  language,
  text,
}));

it("the output is what is printed", () => {
  const { matrices } = green();
  const combination = "memory generic connect json";
  const differences = [{ step: "waits", expected: "[10]", seen: "[20]" }];
  const go = create(MatrixSchema, {
    run: "sources of go",
    whole: true,
    areas: [{ area: "retry", layer: "memory", counts: { passed: 2, failed: 1 } }],
    red: [{ case: "r01 a", area: "retry", combination, differences }],
    cases: 4,
  });
  const printed = showTable(judge(green({ matrices: { ...matrices, go } }), "full"));
  expect(blocks.filter(({ language }) => language === "").map(({ text }) => text)).toEqual([
    printed,
  ]);
});

it("the options of the commands are there", async () => {
  let help = "";
  await runCli(["--help"], { out: (text) => void (help += text), line: () => {} });
  const commands = blocks.filter(({ language }) => language === "sh").flatMap(({ text }) => text);
  const options = commands.flatMap((text) => text.match(/--\w+/g) ?? []);
  expect(options.filter((option) => option !== "--help" && !help.includes(option))).toEqual([]);
  expect(options).not.toEqual([]);
});

it("each field of the verdict is described", () => {
  const [, table = ""] = /^\| field \|.*\n([^]*?)\n\n/m.exec(readme) ?? [];
  const described = [...table.matchAll(/^\| (.*?) \|/gm)].flatMap(([, names = ""]) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  expect(new Set(described)).toEqual(new Set(VerdictSchema.fields.map(({ jsonName }) => jsonName)));
});
