import { inCi } from "@ameideio/scripts/in_ci.mjs";
import { EXIT_MISSING_TOOL } from "@ameideio/scripts/missing_tool.mjs";
import { type Sdk, SDKS } from "../sdks.js";
import type { Taken } from "../take_surfaces.js";
import { oneOf, readArguments, required, UsageError } from "./arguments.js";
import type { Command, Output } from "./command.js";
import type { Wanted, WantedFiles } from "./comparison.js";

/** Looks at SDKs. */
export type TakeSurfaces = (sdks: readonly Sdk[]) => Promise<Taken>;

/**
 * `check`: whether what must exist does.
 *
 * @param takeSurfaces - Looks at the SDKs where no surface is given. Default: one has to be.
 */
export function checkCommand(takeSurfaces?: TakeSurfaces): Command {
  return {
    about: "whether what must exist does",
    help: takeSurfaces === undefined ? HELP : LOOKING_HELP,
    async run(argv, output) {
      const { values } = readArguments(argv, {
        manifest: { type: "string" },
        surface: { type: "string", multiple: true },
        sdk: { type: "string", multiple: true },
        base: { type: "string" },
        image: { type: "string" },
        format: { type: "string", default: "table" },
      });
      const manifest = required(values.manifest, "--manifest");
      const format = oneOf(values.format, ["table", "json", "sarif"], "--format");
      if (values.image !== undefined && format !== "sarif") {
        throw new UsageError("--image is for --format sarif");
      }
      const sdks = (values.sdk ?? SDKS).map((sdk) => oneOf(sdk, SDKS, "--sdk"));
      if (values.sdk !== undefined && takeSurfaces === undefined) {
        throw new UsageError("there is no SDK to look at here: say --surface instead of --sdk");
      }
      if (values.sdk !== undefined && values.surface !== undefined) {
        throw new UsageError("--sdk and --surface exclude each other");
      }
      // The programs that look start before what compares is loaded.
      const [{ surfaces, missing }, wanted] = await Promise.all([
        values.surface === undefined && takeSurfaces !== undefined
          ? takeSurfaces(sdks)
          : surfacesIn(values.surface),
        wantedIn({ manifest, base: values.base, image: values.image }),
      ]);
      const incomplete = tellMissing(missing, output);
      if (surfaces.length === 0) {
        return EXIT_MISSING_TOOL;
      }
      const { compared } = await import("./comparison.js");
      const { report, green } = compared(wanted, surfaces, { format, incomplete });
      output.out(report);
      return green ? 0 : 1;
    },
  };
}

const WHAT = `Compares what SDKs have with what must exist, service by service and method by
method: missing, extra, wrong kind, wrong type, wrong policy, wrong name.

  --manifest FILE  as emit writes it
`;

const BASE_AND_FORMAT = `  --base FILE      an older manifest, as of the last release: no service or
                   method of it may disappear or get another name
  --format FORMAT  table (default), json, or sarif (SARIF 2.1.0)
  --image FILE     sarif: the image that the manifest is of, so that results are
                   at the lines of its protos, in the modules of the buf.yaml
                   here. Default: at line 1 of the manifest
`;

const HELP = `Usage: ameide-manifest check --manifest FILE --surface FILE... [--base FILE]
                             [--format table|json|sarif] [--image FILE]

${WHAT}  --surface FILE   as surface writes it; repeated for several
${BASE_AND_FORMAT}
Exit code 0: everything is as it has to be; 1: something is not, or could not be
compared; 2: wrong arguments.
`;

const LOOKING_HELP = `Usage: ameide-manifest check --manifest FILE [--surface FILE...] [--sdk NAME...]
                             [--base FILE] [--format table|json|sarif]
                             [--image FILE]

${WHAT}  --surface FILE   as surface writes it; repeated for several. Default: it looks
                   at the SDKs itself
  --sdk NAME       looks at this one only: ts, go or python; repeated for several
${BASE_AND_FORMAT}
An SDK whose toolchain is missing is left out, with a line that says so; with
CI=true that is a failure.

Exit code 0: everything is as it has to be; 1: something is not, or could not be
compared; 2: wrong arguments; 3: every toolchain is missing.
`;

/**
 * Says which SDKs are left out.
 *
 * @returns whether that is a failure.
 */
function tellMissing(missing: readonly string[], { line }: Output): boolean {
  missing.forEach(line);
  return missing.length > 0 && inCi();
}

async function surfacesIn(paths: readonly string[] | undefined): Promise<Taken> {
  if (paths === undefined) {
    throw new UsageError("--surface is missing");
  }
  const { readSurfaces } = await import("./comparison.js");
  return { surfaces: await readSurfaces(paths), missing: [] };
}

async function wantedIn(files: WantedFiles): Promise<Wanted> {
  return (await import("./comparison.js")).readWanted(files);
}
