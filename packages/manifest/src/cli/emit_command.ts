import { ManifestSchema } from "@ameideio/conformance-proto/ameide/manifest/v1";
import { toCanonicalJson } from "../canonical.js";
import { manifestOf } from "../emit.js";
import { readImage } from "../image.js";
import { readArguments, readOptions, required } from "./arguments.js";
import type { Command } from "./command.js";
import { readBytes, writeText } from "./files.js";

/** `emit`: the manifest of an image. */
export const emitCommand: Command = {
  about: "the manifest of a descriptor image",
  help: `Usage: ameide-manifest emit --image FILE [--opt OPTION...] [--out FILE]

Derives the manifest of a descriptor image: every service and method that has to
exist in every SDK, with its kind, types, idempotency level, policy facts and
its name in each language. The same image gives the same bytes.

  --image FILE  a serialized google.protobuf.FileDescriptorSet with imports, as
                buf build -o image.binpb writes it
  --opt OPTION  as for the plugin, so that names are those of the roster:
                roster=acme, name=acme.v1.ReportsService:acmeReports; repeated
                for several. Default: every service, but for imports
  --out FILE    where it goes; default: standard output

Exit code 0: written; 1: there is no manifest of the file; 2: wrong arguments.
`,
  async run(argv, { out }) {
    const { values } = readArguments(argv, {
      image: { type: "string" },
      opt: { type: "string", multiple: true },
      out: { type: "string" },
    });
    const path = required(values.image, "--image");
    const options = readOptions(values.opt);
    const manifest = manifestOf(readImage(await readBytes(path), path), options);
    const text = toCanonicalJson(ManifestSchema, manifest);
    if (values.out === undefined) {
      out(text);
    } else {
      await writeText(values.out, text);
    }
    return 0;
  },
};
