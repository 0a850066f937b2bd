import type { App } from "../app.js";
import type { Outcome, Place } from "../program/place.js";

/** Data for running a program on a runtime. */
export interface Launch {
  /** The runtime's own program. */
  readonly program: string;
  readonly entry: "node" | "web";
  readonly app: App;
  readonly place: Place;
  /** PEM: the authority that the runtime must trust. */
  readonly trusted: string;
  /** Folder of the installed packages: the bundler and the browser's driver are there. */
  readonly modules: string;
  /** Gives pages to a browser: see `World`. */
  servePage(name: string, page: { readonly type: string; readonly text: string }): string;
}

/** How it went. */
export interface Launched {
  /** Version as the runtime states it. */
  readonly version: string;
  readonly outcomes: readonly Outcome[];
}

/** The environment of a program: nothing that would configure the SDK. */
export function environment(more: Readonly<Record<string, string>>): Record<string, string> {
  const own = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && !/^(AMEIDE_|NODE_|VITEST|npm_)/.test(name),
  );
  return { ...(Object.fromEntries(own) as Record<string, string>), ...more };
}
