// @ts-check
import { run } from "../command.mjs";

/**
 * The folders of the Go modules whose API people write; that of generated ones follows from the protos.
 *
 * @param {string[]} files
 */
export function goFolders(files) {
  return files
    .filter((file) => /^packages\/sdk-[^/]+\/go\.mod$/.test(file))
    .map((file) => file.slice(0, -"/go.mod".length));
}

/**
 * The report of each package of a Go module that others can import: what `go doc` says is exported,
 * without the words about it.
 *
 * @param {string} folder Of the module.
 * @returns {Promise<Map<string, string>>} Text by file name.
 * @throws {Error} With what Go said, when it could not read the module.
 */
export async function goReports(folder) {
  const listed = await must(
    ["list", "-f", "{{.Name}}\t{{.ImportPath}}\t{{.Module.Path}}", "./..."],
    folder,
  );
  const reports = new Map();
  for (const line of listed.split("\n").filter((each) => each !== "")) {
    const [name = "", path = "", module = ""] = line.split("\t");
    const below = path.slice(module.length + 1);
    if (name === "main" || /(^|\/)internal(\/|$)/.test(below)) {
      continue;
    }
    const file = `${below === "" ? name : below.replaceAll("/", "_")}.txt`;
    reports.set(file, withoutWords(await must(["doc", "-all", path], folder)));
  }
  return reports;
}

/**
 * The declarations in what `go doc -all` prints. Its words are indented by spaces, code by tabs.
 *
 * @param {string} text
 */
export function withoutWords(text) {
  const [clause = "", ...lines] = text.split("\n");
  const first = lines.findIndex((line) => HEADS.includes(line));
  const code = (first === -1 ? [] : lines.slice(first))
    .filter((line) => !line.startsWith("    ") && (!COMMENT.test(line) || line.includes(HIDDEN)))
    // How far columns are apart depends on the words between them.
    .map((line) => line.replaceAll(/(?<=\S) {2,}(?=\S)/g, " "))
    .join("\n");
  const report = `${clause.replace(/ *\/\/ import .*$/, "")}\n\n${code}`;
  return `${report.replaceAll(/\n{3,}/g, "\n\n").trimEnd()}\n`;
}

const COMMENT = /^\t+\/\//;
/** Of a type, that it has more than is shown: nobody else can make or implement it. */
const HIDDEN = "// Has unexported ";
const HEADS = ["CONSTANTS", "VARIABLES", "FUNCTIONS", "TYPES"];

/**
 * @param {string[]} args
 * @param {string} cwd
 */
async function must(args, cwd) {
  const { code, stdout, stderr } = await run("go", args, { cwd });
  if (code !== 0) {
    throw new Error(`go ${args[0]} failed in ${cwd}:\n${stderr}`.trimEnd());
  }
  return stdout;
}
