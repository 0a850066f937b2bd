import { join, resolve } from "node:path";
import process from "node:process";
import { adviceFor } from "../init/advice.js";
import { type Plan, planInit, POLICY, POLICY_PROTO, REVIEW, TEMPLATE } from "../init/init.js";
import { type PlannedFile, writePlanned } from "../init/plan_file.js";
import { VENDORED } from "../init/template.js";
import { SDKS } from "../sdks.js";
import { oneOf, readArguments, UsageError } from "./arguments.js";
import type { Command } from "./command.js";
import { readBytes, readText } from "./files.js";
import { stateLine } from "./state_line.js";

/**
 * `init`: sets up a Buf workspace.
 *
 * @param policyProto - Path of the policy.proto that it vendors.
 */
export function initCommand(policyProto: string): Command {
  return {
    about: "sets up a Buf workspace: template, review, policy",
    help: `Usage: ameide-manifest init [--dir FOLDER] [--image FILE] [--language NAME...]
                            [--vendor] [--dry-run | --check] [--force]

Sets up a Buf workspace. Its protos, buf.yaml and buf.gen.yaml stay as they are;
it writes

  ${TEMPLATE}  a template for buf generate: stubs and rosters. Where names
                       of services clash, the area goes in front; one that was
                       there before keeps its name
  ${REVIEW}   the name of each service, and each method whose proto
                       declares no idempotency level, with a suggested one and
                       its reason, for a person to confirm. No SDK reads it
  ${POLICY}   a policy document, empty. ameide-manifest confirm states in
                       it what is confirmed, and nothing else

Type it again after a change of protos or of the modules of buf.yaml: it adds
what is new and marks what is gone. What is confirmed stays; so does a template
that a person has edited.

  --dir FOLDER     root of the workspace; default: the working directory
  --image FILE     its image, instead of what buf build makes
  --language NAME  ts, go or python; repeated for several. Default: those whose
                   package.json, go.mod or pyproject.toml is there, or ts
  --vendor         writes ${POLICY_PROTO},
                   too, for facts in the protos, and says what to add to buf.yaml
  --dry-run        prints what would be written, and writes nothing
  --check          writes nothing, and fails if something would be: for CI, with
                   the options of init
  --force          writes anew what a person has edited, too: the template, the
                   vendored file, and in ${REVIEW} what is not
                   confirmed

Exit code 0: written, or nothing to write; 1: the workspace does not compile, or
--check found something; 2: wrong arguments; 3: there is no buf.
`,
    async run(argv, { out }) {
      const { values } = readArguments(argv, {
        dir: { type: "string", default: "." },
        image: { type: "string" },
        language: { type: "string", multiple: true },
        vendor: { type: "boolean", default: false },
        "dry-run": { type: "boolean", default: false },
        check: { type: "boolean", default: false },
        force: { type: "boolean", default: false },
      });
      if (values.check && values["dry-run"]) {
        throw new UsageError("--check and --dry-run exclude each other");
      }
      const folder = resolve(process.cwd(), values.dir);
      const plan = await planInit({
        folder,
        image: values.image === undefined ? undefined : await readBytes(values.image),
        languages: values.language?.map((language) => oneOf(language, SDKS, "--language")),
        policyProto: values.vendor ? policyProto : undefined,
        force: values.force,
      });
      if (values["dry-run"]) {
        out(plan.files.map((file) => wouldLine(file, `:\n\n${file.text}`)).join(""));
        return 0;
      }
      if (values.check) {
        out(plan.files.map((file) => wouldLine(file)).join(""));
        return plan.files.some(({ state }) => state === "write") ? 1 : 0;
      }
      await writePlanned(folder, plan.files);
      out(plan.files.map(stateLine).join(""));
      out(summaryOf(plan, await adviceFor(folder, await readText(join(folder, TEMPLATE)))));
      out(values.vendor ? VENDOR_ADVICE : "");
      return 0;
    },
  };
}

function wouldLine(file: PlannedFile, more = ""): string {
  return file.state === "write" ? `would write ${file.path}${more}\n` : stateLine(file);
}

function summaryOf({ declared, review: all, names }: Plan, advice: readonly string[]): string {
  const review = all.filter(({ gone }) => gone === undefined);
  const suggested = review.filter((each) => each.idempotencyLevel !== null).length;
  const gone = all.filter((each) => each.gone !== undefined);
  const named = [...names].map(([service, name]) => `${service} is ${name}, as its name clashes\n`);
  return `
${declared + review.length} methods: ${declared} declare an idempotency level; a level is suggested for ${suggested}, none for ${review.length - suggested}.
${gone.map((each) => `${each.method} is gone, ${each.gone}: ameide-manifest confirm takes it back\n`).join("")}${named.join("")}
${advice.length === 0 ? "" : `First, as it is lacking:\n\n  ${advice.join("\n  ")}\n\n`}Next: buf generate --template ${TEMPLATE}
Then confirm what is right in ${REVIEW}, and type: ameide-manifest confirm
`;
}

const VENDOR_ADVICE = `
So that protos may import ameide/policy/v1/policy.proto, add to the modules of buf.yaml:

  - path: ${VENDORED}

For request_id_field they import google/api/field_info.proto, too. The SDK for
TypeScript comes with it, in

  - path: node_modules/@ameideio/ameide-sdk-ts/dist/googleapis

without that SDK add buf.build/googleapis/googleapis to the deps of buf.yaml. And
to a module whose path is ".":

    excludes: [${VENDORED}]
`;
