import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { runCommand } from "../common/run_command.js";
import { CLIENTS, COLUMNS } from "./columns.js";
import { judge } from "./goals.js";
import { PLANTS } from "./plant.js";
import { jsonOf, reportOf, unmetOf, writeReport } from "./report.js";
import { run } from "./run.js";
import { SCENARIOS } from "./scenarios.js";
import { LOAD } from "./settings.js";

const HELP = new URL("../../soak/help.txt", import.meta.url);
const MOST_MINUTES = 1_440;
const MOST_WORKERS = 1_024;

// The reader of a pipe may close it early, as `head` does.
process.stdout.on("error", () => process.exit(1));

process.exitCode = await runCommand(process.argv.slice(2), readArguments, main);

function readArguments(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: "string", default: "8" },
      report: { type: "string" },
      workers: { type: "string", default: String(LOAD.workers) },
      clients: { type: "string" },
      scenarios: { type: "string" },
      plant: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  const { help, report } = values;
  const minutes = numberOf("minutes", values.minutes, MOST_MINUTES);
  const workers = Math.ceil(numberOf("workers", values.workers, MOST_WORKERS));
  const clients = choose("client", CLIENTS, values.clients);
  const ids = choose(
    "scenario",
    SCENARIOS.map(({ id }) => id),
    values.scenarios,
  );
  const plant = values.plant && choose("plant", PLANTS, values.plant)[0];
  const scenarios = SCENARIOS.filter(({ id }) => ids.includes(id));
  const columns = COLUMNS.filter(({ client }) => clients.includes(client));
  return { help, report, minutes, workers, scenarios, columns, plant: plant || undefined };
}

async function main(given: ReturnType<typeof readArguments>): Promise<number> {
  const { help, report, minutes, workers, scenarios, columns, plant } = given;
  if (help === true) {
    process.stdout.write(readFileSync(HELP, "utf8"));
    return 0;
  }
  say(`columns: ${columns.map(({ title }) => title).join("; ")}`);
  const seen = await run({
    minutes,
    columns,
    workers,
    scenarios,
    plant,
    tell: say,
  });
  const judged = judge(seen, scenarios);
  const text = reportOf(seen, judged, scenarios);
  say(`\n${text}`);
  if (report !== undefined) {
    await writeReport(report, text, jsonOf(seen, judged));
  }
  const unmet = unmetOf(judged);
  say(`\n${unmet.length === 0 ? "✓ all goals are met" : unmet.join("\n")}`);
  return unmet.some((line) => line.startsWith("✗")) ? 1 : 0;
}

function numberOf(name: string, said: string, most: number): number {
  const found = Number(said);
  if (found > 0 && found <= most) {
    return found;
  }
  throw new Error(`--${name} must be a number above 0, at most ${most}`);
}

function choose<T extends string>(what: string, known: readonly T[], said: string | undefined) {
  if (said === undefined) {
    return known;
  }
  return said.split(",").map((name) => {
    const found = known.find((each) => each === name);
    if (found === undefined) {
      throw new Error(`there is no ${what} ${name}; there are ${known.join(", ")}`);
    }
    return found;
  });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
