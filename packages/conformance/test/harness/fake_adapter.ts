import type { AdapterCommand } from "../../src/adapter/adapter_process.js";

// What every fake begins with: reads frames, calls `run` for each case with the text of its first
// call and the request, and can write frames, or anything else, to standard output.
const PRELUDE = `
const LEAKS = { timers: 0, listeners: 0, sockets: 0 };
const write = (text) => {
  const body = Buffer.from(text);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(body.length);
  process.stdout.write(Buffer.concat([size, body]));
};
const answer = (id, result) => write(JSON.stringify({ id, ...result }));
const typeOf = ({ format }) => (format === "json" ? "application/json" : "application/proto");
const types = new Map();
const ok = (id, text = "done") =>
  answer(id, { run: {
    outcomes: [{ ok: text, durationMs: 1 }],
    requests: [{ method: "POST", headers: [
      { name: "content-type", value: types.get(id) },
      { name: "x-tenant-id", value: "blue" },
    ] }],
    leaks: LEAKS,
  } });
const describe = (id) =>
  answer(id, { describe: {
    sdk: "fake", version: "1.2.3", entries: ["generic"], protocols: ["connect"],
    formats: ["binary", "json"], http: ["1.1"], kinds: ["unary"], ...EXTRA,
  } });
let bytes = Buffer.alloc(0);
process.stdin.on("data", (chunk) => {
  bytes = Buffer.concat([bytes, chunk]);
  while (bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32BE(0)) {
    const size = bytes.readUInt32BE(0);
    const request = JSON.parse(bytes.subarray(4, 4 + size).toString());
    bytes = bytes.subarray(4 + size);
    if (request.run) types.set(request.id, typeOf(request.run));
    if (request.describe) describe(request.id);
    else run(request.id, request.run.given?.steps?.[0]?.call?.text ?? "", request.run);
  }
});
`;

/**
 * An adapter of no SDK.
 *
 * @param run - Body of `async function run(id, text, request)`; `ok(id)`, `answer(id, result)`, `write(text)` are
 *   there to answer with.
 * @param described - What it says of itself beside entries and the like.
 */
export function fakeAdapter(run = "ok(id);", described: object = {}): AdapterCommand {
  const extra = `const EXTRA = ${JSON.stringify(described)};`;
  const code = `${extra}\n${PRELUDE}\nasync function run(id, text, request) { ${run} }`;
  return { sdk: "fake", command: [process.execPath, "-e", code], cwd: process.cwd() };
}
