import type { RecordedRequest } from "./recorder.js";
import type { Action, Respond, Script, Sequence } from "./script.js";

/** Answer to a request that the script has no action left for. */
export const EXHAUSTED: Respond = {
  status: 500,
  headers: [
    ["content-type", "text/plain; charset=utf-8"],
    ["x-fault-server", "script exhausted"],
  ],
  body: { text: "fault server: the script has no action left\n" },
};

/** Turn of a request: the script, route and index of its action. */
export type Turn = Pick<RecordedRequest, "script" | "route" | "index" | "action">;

/** Script with its progress. */
export class ScriptRun {
  readonly id: string;
  private readonly main: Sequencer;
  private readonly routes: ReadonlyMap<string, Sequencer>;

  constructor(id: string, script: Script) {
    this.id = id;
    this.main = new Sequencer(script);
    this.routes = new Map(
      Object.entries(script.routes ?? {}).map(([path, steps]) => [path, new Sequencer(steps)]),
    );
  }

  /** Action of the next request that no route governs. */
  get next(): Action | undefined {
    return this.main.next;
  }

  /** Takes the action for a request; no path means that nothing was read. */
  take(path = ""): Turn {
    const route = path.split("?", 1)[0] ?? "";
    const own = this.routes.get(route);
    const turn = (own ?? this.main).take();
    return { script: this.id, ...(own ? { route } : {}), ...turn };
  }
}

class Sequencer {
  private index = 0;

  constructor(private readonly steps: Sequence) {}

  get next(): Action | undefined {
    return this.steps.attempts?.[this.index] ?? this.steps.otherwise;
  }

  take(): { index: number; action: Action | "exhausted" } {
    const action = this.next ?? "exhausted";
    return { index: this.index++, action };
  }
}
