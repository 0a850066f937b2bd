import { changesOf } from "../diff.js";
import { readManifest } from "../read.js";
import { showChanges, toJsonChanges } from "../report/changes.js";
import { oneOf, readArguments, required } from "./arguments.js";
import type { Command } from "./command.js";
import { readText } from "./files.js";

/** `diff`: what a newer manifest changes. */
export const diffCommand: Command = {
  about: "what a newer manifest changes",
  help: `Usage: ameide-manifest diff OLD NEW [--format text|json]

Says what is added, deprecated, breaking or otherwise changed from one manifest
to the next, in words that a release note can use. Breaking is what is removed,
a field included, gets another name, kind, type, file or go_package, what takes
a promise back (an idempotency level, an idempotency key, a request id, a
default timeout, a long-lived stream, waiting for ready), and what asks callers
for more (a tenant, a credential, a scope). Of options that are no policy facts
it says no more than that the digest of the module differs. What that breaks,
buf breaking says.

  --format FORMAT  text (default) or json

Exit code 0: nothing is breaking; 1: something is, or a file could not be read;
2: wrong arguments.
`,
  async run(argv, { out }) {
    const { values, positionals } = readArguments(
      argv,
      { format: { type: "string", default: "text" } },
      2,
    );
    const format = oneOf(values.format, ["text", "json"], "--format");
    const [older, newer] = [required(positionals[0], "OLD"), required(positionals[1], "NEW")];
    const before = readManifest(await readText(older), older);
    const after = readManifest(await readText(newer), newer);
    const changes = changesOf(before, after);
    const compared = { moduleChanged: before.module?.sha256 !== after.module?.sha256 };
    out((format === "json" ? toJsonChanges : showChanges)(changes, compared));
    return changes.some(({ kind }) => kind === "breaking") ? 1 : 0;
  },
};
