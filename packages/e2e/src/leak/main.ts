import { begin, left, wait } from "./watch.js";
import { fork } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { PLANTS } from "./plant.js";
import { printReport, verdictOf } from "./report.js";
import { run } from "./run.js";
import type { Served, Started } from "./servers.js";

// Makes many faulty calls, closes everything, and reports what remains. The process has to end by
// itself: nothing here ends it.

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    plant: { type: "string" },
  },
});
const plant = PLANTS.find((known) => known === values.plant);
const servers = fork(new URL("./servers.js", import.meta.url), { execArgv: [] });
const [started] = (await once(servers, "message")) as [Started];
begin();
const done = await run(started, { calls: Number(values.calls), seed: Number(values.seed), plant });
// A socket that was destroyed is closed a few turns of the event loop later.
for (let turn = 0; turn < 100 && left().sockets > 0; turn++) {
  await wait(10);
}
servers.send("what was served?");
const [served] = (await once(servers, "message")) as [Served];
const stays = left();
const verdict = verdictOf({ done, served, stays });
printReport({ done, served, stays, verdict });
servers.disconnect();
process.exitCode = verdict.every(({ good }) => good) ? 0 : 1;
