import { ManifestSchema } from "@ameideio/conformance-proto/ameide/manifest/v1";
import { toCanonicalJson } from "../canonical.js";
import { manifestOf } from "../emit.js";
import { readImage } from "../image.js";
import { readArguments, required } from "./arguments.js";
import type { Command } from "./command.js";
import { readBytes, writeText } from "./files.js";

/** `emit`: the manifest of an image. */
export const emitCommand: Command = {
  help: `Usage: ameide-manifest emit --image FILE [--out FILE]

Derives the manifest of a descriptor image: every service and method that has to
exist in every SDK, with its kind, types, idempotency level, policy facts and
its name in each language. The same image gives the same bytes.

  --image FILE  a serialized google.protobuf.FileDescriptorSet with imports, as
                buf build -o image.binpb writes it
  --out FILE    where it goes; default: standard output

Exit code 0: written; 1: there is no manifest of the file; 2: wrong arguments.
`,
  async run(argv, { out }) {
    const { values } = readArguments(argv, {
      image: { type: "string" },
      out: { type: "string" },
    });
    const path = required(values.image, "--image");
    const manifest = manifestOf(readImage(await readBytes(path), path));
    const text = toCanonicalJson(ManifestSchema, manifest);
    if (values.out === undefined) {
      out(text);
    } else {
      await writeText(values.out, text);
    }
    return 0;
  },
};
