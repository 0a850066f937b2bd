import { resolve } from "node:path";
import process from "node:process";
import { SurfaceSchema } from "@ameideio/conformance-proto/ameide/manifest/v1";
import { toCanonicalJson } from "../canonical.js";
import { type Inspectors, inspectRoster } from "../inspect/inspect_roster.js";
import { SDKS } from "../sdks.js";
import { surfaceOf } from "../surface.js";
import { oneOf, readArguments, readOptions, required } from "./arguments.js";
import type { Command } from "./command.js";
import { writeText } from "./files.js";

/** `surface` of a roster in a project: what the project has. */
export function rosterSurfaceCommand(inspectors: Inspectors): Command {
  return {
    about: "what a roster in a project has",
    help: `Usage: ameide-manifest surface --sdk ts|go|python --roster ROSTER [--dir FOLDER]
                               [--opt OPTION...] [--out FILE]

Looks at a roster that protoc-gen-ameide wrote, in a project that depends on the
SDK, and writes what it has: a client of every service, with what its types
declare and what calls of it ask for, and the services that the descriptors in
the stubs beside it describe. Nothing is read from a .proto, nothing is written
into the project, and no call is sent.

  --sdk NAME       ts, go or python
  --roster ROSTER  ts: its path, as gen/roster.js; go: its import path, as
                   example.com/shop/gen/roster; python: its import name, as
                   gen.roster
  --dir FOLDER     the project: ts: it has the SDK in its node_modules; go: of
                   its go.mod; python: it is imported from there by python3.
                   Default: the working directory
  --opt OPTION     as for the plugin, roster=acme: stubs of other packages are
                   passed over; repeated for several
  --out FILE       where it goes; default: standard output

Go stubs have to be generated with the option simple of protoc-gen-connect-go.

Exit code 0: written; 1: the roster could not be looked at; 2: wrong arguments;
3: the toolchain of its language is missing.
`,
    async run(argv, { out }) {
      const { values } = readArguments(argv, {
        sdk: { type: "string" },
        roster: { type: "string" },
        dir: { type: "string" },
        opt: { type: "string", multiple: true },
        out: { type: "string" },
      });
      const sdk = oneOf(required(values.sdk, "--sdk"), SDKS, "--sdk");
      const roster = required(values.roster, "--roster");
      const { roster: packages } = readOptions(values.opt);
      const folder = resolve(values.dir ?? process.cwd());
      const inspection = await inspectRoster(sdk, { folder, roster }, inspectors);
      const text = toCanonicalJson(SurfaceSchema, surfaceOf(inspection, packages));
      if (values.out === undefined) {
        out(text);
      } else {
        await writeText(values.out, text);
      }
      return 0;
    },
  };
}
