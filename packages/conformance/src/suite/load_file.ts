import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { type Case, CaseFileSchema } from "@ameideio/conformance-proto";
import { isAlias, isNode, LineCounter, parseDocument } from "yaml";
import { checkMeaning, isNegative } from "./check_meaning.js";
import { checkShape, type Path } from "./check_shape.js";

/** Case, and the place it was read from. */
export interface LoadedCase {
  /** First word of the name: `r01`. */
  readonly id: string;
  readonly name: string;
  /** Folder of its file: `retry`. */
  readonly area: string;
  /** File and line of its start. */
  readonly file: string;
  readonly line: number;
  readonly message: Case;
  /**
   * Case as it was written, with full enum values. A member without a key is not stated, so an
   * empty list differs from none.
   */
  readonly json: JsonObject;
}

/** Problem in a file. */
export interface LoadProblem {
  readonly file: string;
  readonly line: number;
  /** Path such as `cases[0].expect.outcomes`; empty for the file. */
  readonly path: string;
  readonly problem: string;
}

/** Formats a problem in one line: `file:line: path: problem`. */
export function showProblem({ file, line, path, problem }: LoadProblem): string {
  return [`${file}:${line}`, ...(path === "" ? [] : [path]), problem].join(": ");
}

/**
 * Reads the cases of one file. A file with problems has no cases.
 *
 * @param file - Name of the file, for problems.
 * @param area - Area of the cases, for reports.
 */
export function loadFile(
  text: string,
  { file, area }: { file: string; area: string },
): { cases: LoadedCase[]; problems: LoadProblem[] } {
  const lines = new LineCounter();
  const problems: LoadProblem[] = [];
  const document = parseDocument(text, { lineCounter: lines, strict: true, uniqueKeys: true });
  const lineOf = (path: Path) => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node) && !isAlias(node) && node.range) {
        return lines.linePos(node.range[0]).line;
      }
    }
    return 1;
  };
  const report = (path: Path, problem: string) => {
    problems.push({ file, line: lineOf(path), path: showPath(path), problem });
  };
  for (const { message, pos } of [...document.errors, ...document.warnings]) {
    const problem = message.split("\n")[0]?.replace(/ at line \d+.*$/, "") ?? message;
    problems.push({ file, line: lines.linePos(pos[0]).line, path: "", problem });
  }
  if (problems.length > 0) {
    return { cases: [], problems };
  }
  if (!text.startsWith("#")) {
    report([], "must open with a comment: what it verifies, and why");
  }
  const json = checkShape(CaseFileSchema, document.toJS(), [], report);
  const written = (json.cases ?? []) as JsonObject[];
  if (written.length === 0) {
    report([], "has no cases");
  }
  if (problems.length === 0) {
    written.forEach((one, i) => checkMeaning(one, ["cases", i], report));
    checkControls(written, report);
  }
  if (problems.length > 0) {
    return { cases: [], problems };
  }
  const cases = fromJson(CaseFileSchema, json).cases.map((message, i) => ({
    id: idOf(message.name),
    name: message.name,
    area,
    file,
    line: lineOf(["cases", i]),
    message,
    json: written[i] as JsonObject,
  }));
  return { cases, problems };
}

/** Returns the first word of a name. */
export function idOf(name: string): string {
  return name.split(" ", 1)[0] ?? name;
}

/** Reports whether a case is the control of a negative sibling: `r03 control: …`. */
export function isControl(name: string): boolean {
  return /^\S+ control: /.test(name);
}

// A case in which everything fails proves little unless the same succeeds without its cause: in a
// sibling that is called a control, or in one where not everything fails.
function checkControls(
  cases: readonly JsonObject[],
  report: (path: Path, problem: string) => void,
): void {
  const names = cases.map(({ name }) => name as string);
  const controls = names.filter((name, i) => isControl(name) || !isNegative(cases[i] ?? {}));
  const controlled = new Set(controls.map(idOf));
  names.forEach((name, i) => {
    if (controlled.has(idOf(name))) {
      return;
    }
    report(["cases", i], `expects failures only and has no control: ${idOf(name)} control: …`);
  });
}

function showPath(path: Path): string {
  return path
    .map((part, i) => (typeof part === "number" ? `[${part}]` : i === 0 ? part : `.${part}`))
    .join("");
}
