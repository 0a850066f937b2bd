import { expect, it } from "vitest";
import { manifestOf, readImage, SDKS } from "../src/index.js";
import { ourImage } from "./harness/images.js";
import { installed } from "./harness/installed.js";
import { run } from "./harness/run.js";

it.runIf(SDKS.every(installed))("the SDKs have what the module says", async () => {
  const { services } = manifestOf(readImage(ourImage(), "it"));
  const { code, stdout, stderr } = await run("parity", "--json");
  const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
  expect(JSON.parse(stdout)).toEqual({
    verdict: "green",
    services: services.length,
    methods: services.flatMap(({ methods }) => methods).length,
    sdks: ["ts", "go", "python"],
    problems: [],
    missing: [],
    digests: {
      module: sha256,
      image: sha256,
      manifest: sha256,
      surfaces: { ts: sha256, go: sha256, python: sha256 },
    },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});
