import { join, resolve } from "node:path";
import process from "node:process";
import { POLICY, REVIEW } from "../init/init.js";
import { overlayOf } from "../init/overlay.js";
import { planFile, textOf, writePlanned } from "../init/plan_file.js";
import { readReview, type ReviewedMethod, showReview } from "../init/review.js";
import { readArguments } from "./arguments.js";
import type { Command } from "./command.js";
import { stateLine } from "./state_line.js";
import { readText } from "./files.js";

/** `confirm`: states in the policy document what a person confirmed. */
export const confirmCommand: Command = {
  about: "states in the policy document what is confirmed",
  help: `Usage: ameide-manifest confirm [--dir FOLDER] [--dry-run]

States in ${POLICY} the idempotency level of each method that is
"confirmed": true in ${REVIEW}, as a fact, in an entry by itself. What is
not confirmed is not stated, and what no longer is goes. What init marked as gone
goes, too, and out of ${REVIEW}. Everything else in the document stays
as it is.

  --dir FOLDER  where both are; default: the working directory
  --dry-run     prints the document, and writes nothing

Exit code 0: written; 1: the review is not there, or one of both is wrong;
2: wrong arguments.
`,
  async run(argv, { out }) {
    const { values } = readArguments(argv, {
      dir: { type: "string", default: "." },
      "dry-run": { type: "boolean", default: false },
    });
    const folder = resolve(process.cwd(), values.dir);
    const { names, methods: review } = readReview(await readText(join(folder, REVIEW)), REVIEW);
    const document = overlayOf(review, await textOf(join(folder, POLICY)), POLICY);
    if (values["dry-run"]) {
      out(document);
      return 0;
    }
    const left = review.filter(({ gone }) => gone === undefined);
    const files = await Promise.all([
      planFile(folder, { path: POLICY, text: document }),
      ...(left.length < review.length
        ? [planFile(folder, { path: REVIEW, text: showReview({ names, methods: left }) })]
        : []),
    ]);
    await writePlanned(folder, files);
    out(files.map(stateLine).join(""));
    out(`${countOf(left)}\n`);
    out(review.map(goneLine).join(""));
    return 0;
  },
};

function countOf(review: readonly ReviewedMethod[]): string {
  const confirmed = review.filter((each) => each.confirmed);
  const withLevel = confirmed.filter(({ idempotencyLevel }) => idempotencyLevel !== null).length;
  return `${confirmed.length} of ${review.length} methods are confirmed, ${withLevel} of them with a level`;
}

function goneLine({ method, gone }: ReviewedMethod): string {
  return gone === undefined ? "" : `took back ${method}: ${gone}\n`;
}
