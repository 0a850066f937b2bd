import type {
  Enum,
  Manifest,
  Message,
  Surface,
} from "@ameideio/conformance-proto/ameide/manifest/v1";
import { paired } from "../paired.js";
import { partsOf } from "../type_parts.js";
import { differs } from "./differences.js";
import type { Problem } from "./problem.js";

/** Compares the messages and enums that an SDK's stubs describe with those that have to exist. */
export function checkTypes(manifest: Manifest, surface: Surface): Problem[] {
  return [
    ...typeProblems(manifest.messages, surface.messages, "message"),
    ...typeProblems(manifest.enums, surface.enums, "enum"),
  ].map((problem) => ({ ...problem, sdk: surface.sdk, where: ["stubs"] }));
}

type Found = Pick<Problem, "rule" | "service" | "message">;

function typeProblems(
  wanted: readonly (Message | Enum)[],
  found: readonly (Message | Enum)[],
  what: string,
): Found[] {
  return paired(wanted, found).flatMap(({ wanted: want, found: have }): Found[] => {
    const service = (want ?? have)?.name ?? "";
    if (have === undefined) {
      return [{ rule: "missing", service, message: `the ${what} does not exist` }];
    }
    if (want === undefined) {
      return [{ rule: "extra", service, message: `the ${what} is in no manifest` }];
    }
    return paired(partsOf(want), partsOf(have)).flatMap(({ wanted: part, found: other }) => {
      const { kind, name } = part ?? other ?? { kind: "", name: "" };
      return differs("wrong-message", `${kind} ${name}`, part?.text, other?.text).map((each) => ({
        ...each,
        service,
      }));
    });
  });
}
