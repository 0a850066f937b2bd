import {
  fromJson,
  type JsonValue,
  type MessageInitShape,
  toJsonString,
  create,
} from "@bufbuild/protobuf";
import {
  AdapterRequestSchema,
  AdapterResponseSchema,
  type RunRequest,
} from "@ameideio/conformance-proto";
import { describe } from "./constants.js";
import { run } from "./run.js";

type Result = NonNullable<MessageInitShape<typeof AdapterResponseSchema>["result"]>;

/**
 * Real time after which an inactive case in memory is taken to wait for something that never comes.
 */
const MEMORY_LIMIT_MS = 2_000;

/** Processor time that shows that a case, on a busy machine, is still at work. */
const AT_WORK_MS = 20;

/** Number of times that a case at work is given more time. */
const MOST_TURNS = 4;

/** Answers a request, both as protobuf JSON. Never rejects. */
export async function answer(text: string): Promise<string> {
  let id = 0n;
  let result: Result;
  try {
    const json = JSON.parse(text) as { id?: string | number };
    id = BigInt(json.id ?? 0);
    const { action } = fromJson(AdapterRequestSchema, json as JsonValue);
    result = await perform(action);
  } catch (reason) {
    const error = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
    result = { case: "error", value: error };
  }
  const response = create(AdapterResponseSchema, { id, result });
  return toJsonString(AdapterResponseSchema, response);
}

type Action = ReturnType<typeof fromJson<typeof AdapterRequestSchema>>["action"];

async function perform(action: Action): Promise<Result> {
  switch (action.case) {
    case "describe":
      return { case: "describe", value: describe() };
    case "run": {
      const inMemory = action.value.baseUrl === "";
      const ran = await (inMemory ? afterTheOthers(action.value) : run(action.value));
      return { case: "run", value: ran };
    }
    case undefined:
      throw new Error("the request asks for nothing");
  }
}

// One after the other: each has the event loop, and so its clock, to itself.
let last: Promise<unknown> = Promise.resolve();

function afterTheOthers(request: RunRequest): ReturnType<typeof run> {
  const ran = last.then(() => withinLimit(run(request)));
  last = ran.catch(() => {});
  return ran;
}

async function withinLimit<T>(running: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setInterval> | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    let before = process.cpuUsage();
    let turns = 0;
    timer = setInterval(() => {
      const { user, system } = process.cpuUsage(before);
      before = process.cpuUsage();
      if ((user + system) / 1_000 >= AT_WORK_MS && ++turns < MOST_TURNS) {
        return;
      }
      reject(new Error("the case waits for what never comes: no timer is set"));
    }, MEMORY_LIMIT_MS);
  });
  try {
    return await Promise.race([running, tooLong]);
  } finally {
    clearInterval(timer);
  }
}
