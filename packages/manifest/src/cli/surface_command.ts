import { SurfaceSchema } from "@ameideio/conformance-proto/ameide/manifest/v1";
import { toCanonicalJson } from "../canonical.js";
import { buildInspector, inspect } from "../inspect/inspect.js";
import { SDKS } from "../sdks.js";
import { surfaceOf } from "../surface.js";
import { oneOf, readArguments, required, UsageError } from "./arguments.js";
import type { Command } from "./command.js";
import { writeText } from "./files.js";

/** `surface`: what an SDK has. */
export const surfaceCommand: Command = {
  about: "what an SDK has",
  help: `Usage: ameide-manifest surface --sdk ts|go|python [--package FOLDER] [--out FILE]

Looks at an SDK as it is built and writes what it has: the clients of all
services, with what their types declare and what calls of them ask for, and the
services that the descriptors in its stubs describe. Nothing is read from a
.proto, and no call is sent.

  --sdk NAME        ts, go or python
  --package FOLDER  ts: the built package; default: that of the workspace
  --out FILE        where it goes; default: standard output

GOWORK and PYTHONPATH say where Go and Python find the SDK, as usual.

Exit code 0: written; 1: the SDK could not be looked at; 2: wrong arguments;
3: the toolchain of its language is missing.
`,
  async run(argv, { out }) {
    const { values } = readArguments(argv, {
      sdk: { type: "string" },
      package: { type: "string" },
      out: { type: "string" },
    });
    const sdk = oneOf(required(values.sdk, "--sdk"), SDKS, "--sdk");
    if (values.package !== undefined && sdk !== "ts") {
      throw new UsageError("--package is for --sdk ts");
    }
    const inspection = await inspect(sdk, await buildInspector(sdk), { package: values.package });
    const text = toCanonicalJson(SurfaceSchema, surfaceOf(inspection));
    if (values.out === undefined) {
      out(text);
    } else {
      await writeText(values.out, text);
    }
    return 0;
  },
};
