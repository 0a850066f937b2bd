import type { Log, PhysicalLocation } from "sarif";
import { type Problem, RULES } from "../check/problem.js";
import type { Locate, Place } from "./sources.js";

/**
 * Reports problems as SARIF 2.1.0 (OASIS), which code scanning takes.
 *
 * @param manifest - Path of the manifest, where every problem is that has no other place.
 */
export function toSarif(
  problems: readonly Problem[],
  manifest: string,
  locate: Locate = () => undefined,
): string {
  const whole = { uri: manifest, line: 1 };
  const ids = Object.keys(RULES);
  const log: Log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "ameide-manifest",
            informationUri:
              "https://github.com/ameideio/ameide-sdks/tree/main/packages/manifest#readme",
            rules: Object.entries(RULES).map(([id, text]) => ({ id, shortDescription: { text } })),
          },
        },
        results: problems.map((problem) => ({
          ruleId: problem.rule,
          ruleIndex: ids.indexOf(problem.rule),
          level: "error",
          message: { text: sentence(problem) },
          locations: [
            {
              physicalLocation: physicalLocationOf(locate(problem) ?? whole),
              logicalLocations: [
                {
                  fullyQualifiedName: cellName(problem),
                  kind: problem.method === undefined ? "type" : "function",
                },
              ],
            },
          ],
        })),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function physicalLocationOf({ uri, line }: Place): PhysicalLocation {
  return { artifactLocation: { uri: uriOf(uri) }, region: { startLine: line } };
}

// RFC 3986; the first segment of a relative reference has no colon.
function uriOf(path: string): string {
  const segments = path.replaceAll("\\", "/").split("/");
  return segments.map(encodeURIComponent).join("/");
}

function sentence(problem: Problem): string {
  const { sdk, where, message } = problem;
  const seen = sdk === undefined ? where.join(", ") : `${sdk}: ${where.join(", ")}`;
  return `${cellName(problem)} (${seen}): ${message}`;
}

function cellName({ service, method }: Problem): string {
  return method === undefined ? service : `${service}/${method}`;
}
