import { createHash } from "node:crypto";
import { clone, create, toJson } from "@bufbuild/protobuf";
import {
  SkillBundleSchema,
  type Skill,
  type SkillBundle,
  type SkillContent,
} from "@ameideio/core-proto/ameide/skills/v1";
import { canonicalJson } from "./canonical_json.js";
import { invalidField } from "./errors.js";

/** Bundles a skill with what its versions say, the oldest first. */
export function bundleOf(
  { name, description, tags }: Skill,
  versions: readonly SkillContent[],
): SkillBundle {
  const bundle = create(SkillBundleSchema, {
    formatVersion: 1,
    name,
    description,
    tags,
    versions: [...versions],
  });
  bundle.digest = digestOf(bundle);
  return bundle;
}

/**
 * Demands that a bundle is what its digest says.
 *
 * @throws Problem `invalid_argument`
 */
export function demandDigest(bundle: SkillBundle): void {
  if (bundle.digest !== digestOf(bundle)) {
    throw invalidField("bundle.digest", "DIGEST_MISMATCH", "is not that of the bundle");
  }
}

function digestOf(bundle: SkillBundle): string {
  const plain = clone(SkillBundleSchema, bundle);
  plain.digest = "";
  const json = toJson(SkillBundleSchema, plain, { useProtoFieldName: true });
  return createHash("sha256").update(canonicalJson(json)).digest("hex");
}
