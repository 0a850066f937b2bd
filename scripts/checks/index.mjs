// @ts-check
import { apiReport } from "./api_report.mjs";
import { bufBreaking } from "./breaking.mjs";
import { bufFormat, bufLint } from "./buf.mjs";
import { docs } from "./docs.mjs";
import { exportsCheck } from "./exports.mjs";
import { policyFacts } from "./facts.mjs";
import { format } from "./format.mjs";
import { generated } from "./generated.mjs";
import { go } from "./go.mjs";
import { glossary } from "./glossary.mjs";
import { imports } from "./imports.mjs";
import { lint } from "./lint.mjs";
import { packageShape } from "./package_shape.mjs";
import { places } from "./places.mjs";
import { privateMembers } from "./private_members.mjs";
import { protoRules } from "./proto_rules.mjs";
import { python } from "./python.mjs";
import { sections } from "./sections.mjs";
import { serviceMap } from "./service_map.mjs";
import { statedOnce } from "./stated_once.mjs";
import { stems } from "./stems.mjs";
import { types } from "./types.mjs";
import { wheels } from "./wheels.mjs";
import { words } from "./words.mjs";
import { workflows } from "./workflows.mjs";

/**
 * Every check, in the order they run.
 *
 * @type {import("./tree.mjs").Check[]}
 */
export const CHECKS = [
  format,
  bufLint,
  bufFormat,
  bufBreaking,
  policyFacts,
  protoRules,
  generated,
  types,
  lint,
  privateMembers,
  go,
  python,
  imports,
  exportsCheck,
  packageShape,
  places,
  stems,
  serviceMap,
  statedOnce,
  apiReport,
  wheels,
  words,
  docs,
  sections,
  glossary,
  workflows,
];
