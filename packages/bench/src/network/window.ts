import process from "node:process";
import { median } from "../stats.js";
import {
  answers,
  checkGenerated,
  checkRecorded,
  promptOf,
  STREAM_MESSAGES,
  usageOf,
} from "./messages.js";
import type { Peer } from "./peer.js";
import type { Situation } from "./situations.js";

/** What a window came to. */
export interface Window {
  /** CPU time of the process, user and system, in microseconds per call or message. */
  readonly cpuUs: number;
  /** Median time of a call, in microseconds; a stream's is that of a message. */
  readonly p50Us: number;
}

type Call = () => Promise<void>;

/** @throws Error if the client's answers are not those of what it asked. */
export async function check(peer: Peer, { kind }: Situation): Promise<void> {
  for (let i = 0; i < 3; i++) {
    if (kind === "unary") {
      checkRecorded(await peer.recordUsage(usageOf(i)), usageOf(i));
    } else {
      const prompt = promptOf(i);
      const messages: unknown[] = [];
      await peer.generate(prompt, (message) => messages.push(message));
      messages.forEach((message, at) => checkGenerated(message, at, prompt));
      checkCount(messages.length);
    }
  }
}

/** Makes that many calls, with as many under way as the situation says, and measures them. */
export async function runWindow(peer: Peer, situation: Situation, calls: number): Promise<Window> {
  const { inFlight, per } = situation;
  const call = callOf(peer, situation);
  // What the process did before it waited is not in its caches any more.
  await repeat(call, inFlight, inFlight);
  const before = process.cpuUsage();
  const times = await repeat(call, calls, inFlight);
  const { user, system } = process.cpuUsage(before);
  return { cpuUs: (user + system) / calls / per, p50Us: (median(times) * 1_000) / per };
}

/** Makes calls that nobody measures. */
export async function warmUp(peer: Peer, situation: Situation, calls: number): Promise<void> {
  await repeat(callOf(peer, situation), calls, situation.inFlight);
}

function callOf(peer: Peer, { kind }: Situation): Call {
  const usage = usageOf(7);
  const prompt = promptOf(7);
  if (kind === "unary") {
    return async () => {
      if (!answers(await peer.recordUsage(usage), usage)) {
        throw new Error("an answer is another call's");
      }
    };
  }
  return async () => {
    let count = 0;
    await peer.generate(prompt, () => (count += 1));
    checkCount(count);
  };
}

async function repeat(call: Call, calls: number, inFlight: number): Promise<number[]> {
  const times: number[] = [];
  let started = 0;
  const loop = async () => {
    while (started < calls) {
      started++;
      const from = performance.now();
      await call();
      times.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  return times;
}

function checkCount(count: number): void {
  if (count !== STREAM_MESSAGES) {
    throw new Error(`a stream ended well after ${count} messages`);
  }
}
