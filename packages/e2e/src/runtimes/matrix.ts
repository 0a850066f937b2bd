import { type App, createApp } from "./app.js";
import { findProgram, MissingRuntime } from "./find_program.js";
import { installRuntimes } from "./install.js";
import { launchChromium } from "./launch/chromium.js";
import { launchCommand } from "./launch/command.js";
import type { Launch, Launched } from "./launch/launch.js";
import { launchWorkerd } from "./launch/workerd.js";
import { type Runtime, RUNTIMES } from "./runtimes.js";
import { openWorld, type World } from "./world.js";

/** One entry of the SDK on one runtime. */
export interface Column {
  readonly runtime: Runtime;
  readonly entry: "node" | "web";
  /** Results of the program, or the reason for having none. */
  readonly seen: Launched | { readonly missing: string } | { readonly crashed: string };
}

/** Parts that all programs share. */
interface Shared {
  readonly app: App;
  readonly world: World;
  /** Folder of the installed runtimes, or the reason for having none. */
  readonly modules: string | MissingRuntime;
}

/**
 * Executes the SDK through every entry of every runtime, one after the other.
 *
 * @param wanted - Default: all runtimes.
 * @param tell - Hears of each column when it is there, with the milliseconds it took.
 */
export async function runMatrix(
  wanted: readonly Runtime[] = RUNTIMES,
  tell: (column: Column, ms: number) => void = () => {},
): Promise<Column[]> {
  const modules = await installRuntimes().catch(
    (error: Error) => new MissingRuntime(error.message, { cause: error }),
  );
  const app = await createApp();
  const world = await openWorld();
  try {
    const columns: Column[] = [];
    for (const [runtime, entry] of inOrder(wanted)) {
      const started = performance.now();
      const column = { runtime, entry, seen: await see(runtime, entry, { app, world, modules }) };
      columns.push(column);
      tell(column, performance.now() - started);
    }
    return columns;
  } finally {
    await world.close();
    await app.remove();
  }
}

/** `/node` on all runtimes, then `/web`. */
export function inOrder(runtimes: readonly Runtime[]): (readonly [Runtime, "node" | "web"])[] {
  return (["node", "web"] as const).flatMap((entry) =>
    runtimes
      .filter(({ entries }) => entries.includes(entry))
      .map((runtime) => [runtime, entry] as const),
  );
}

async function see(
  runtime: Runtime,
  entry: "node" | "web",
  { app, world, modules }: Shared,
): Promise<Column["seen"]> {
  try {
    if (modules instanceof MissingRuntime) {
      throw modules;
    }
    return await launch(runtime, {
      program: await findProgram(runtime, modules),
      entry,
      app,
      place: world.place(`${runtime.id}.${entry}`),
      trusted: world.trusted,
      modules,
      servePage: (name, page) => world.servePage(name, page),
    });
  } catch (error) {
    if (error instanceof MissingRuntime) {
      return { missing: error.message };
    }
    return { crashed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function launch({ kind }: Runtime, how: Launch): Promise<Launched> {
  switch (kind) {
    case "workerd":
      return launchWorkerd(how);
    case "chromium":
      return launchChromium(how);
    default:
      return launchCommand(kind, how);
  }
}
