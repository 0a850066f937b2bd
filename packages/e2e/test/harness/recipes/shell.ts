import { type ChildProcess, spawn } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import { stripVTControlCharacters } from "node:util";
import { environment } from "../../../src/runtimes/launch/launch.js";

const LONGEST_MS = 600_000;

export interface Place {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A program that stays up. */
export interface Server {
  /** Resolves with what the pattern found in all that was printed so far. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  stop(): Promise<void>;
}

/**
 * Runs a line as it is typed, and gives all it printed, without colors.
 *
 * @throws Error with all it printed when it ends otherwise than well, or not within ten minutes.
 */
export async function type(line: string, place: Place): Promise<string> {
  const { child, ended } = begin(line, place);
  const timer = setTimeout(() => kill(child, "SIGKILL"), LONGEST_MS);
  const { code, text } = await ended.finally(() => clearTimeout(timer));
  if (code !== 0) {
    throw new Error(`${line}\nended with ${code}:\n${text}`);
  }
  return text;
}

/** Starts a line whose program stays up. */
export function serve(line: string, place: Place): Server {
  const { child, ended, soFar, onText } = begin(line, place);
  return {
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(soFar());
          if (found !== null) {
            resolve(found);
          }
        };
        onText(look);
        look();
        ended.then(({ code, text }) => reject(new Error(`ended with ${code}:\n${text}`)), reject);
      }),
    async stop() {
      kill(child, "SIGKILL");
      await ended;
    },
  };
}

/** A port that is free just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const holder = createServer().on("error", reject);
    holder.listen(0, "127.0.0.1", () => {
      const { port } = holder.address() as AddressInfo;
      holder.close(() => resolve(port));
    });
  });
}

function begin(line: string, { cwd, env = {} }: Place) {
  const child = spawn("sh", ["-c", line], {
    cwd,
    detached: true,
    // Nothing is fetched because a program is missing.
    env: environment({ NO_COLOR: "1", npm_config_yes: "false", ...env }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const listeners: (() => void)[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (part: string) => {
      text += stripVTControlCharacters(part);
      for (const listener of listeners) {
        listener();
      }
    });
  }
  const ended = new Promise<{ code: number | string | null; text: string }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code: code ?? signal, text }));
  });
  return { child, ended, soFar: () => text, onText: (look: () => void) => listeners.push(look) };
}

/** What a shell started goes with it. */
function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-(child.pid ?? 0), signal);
  } catch {
    // It is gone already.
  }
}
