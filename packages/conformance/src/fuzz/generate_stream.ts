import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type AnswerSchema,
  Cut,
  type ErrorAnswerSchema,
  Moment,
  StreamEnd,
} from "@ameideio/conformance-proto";
import type { Kind } from "./model/levels.js";
import type { Random } from "./random.js";

type AnswerInit = Exclude<MessageInitShape<typeof AnswerSchema>, { $typeName: string }>;
type StreamInit = Extract<NonNullable<AnswerInit["action"]>, { case: "stream" }>["value"];
type ErrorInit = MessageInitShape<typeof ErrorAnswerSchema>;

const ENDS = [
  StreamEnd.RESET,
  StreamEnd.REFUSED_STREAM,
  StreamEnd.MISSING,
  StreamEnd.HALF_ENVELOPE,
  StreamEnd.GARBAGE,
];
/** Ways in which an answer breaks off. */
export const CUTS = [Cut.RESET_HALF, Cut.CLOSE_HALF, Cut.STALL_HALF, Cut.REFUSED_STREAM_HALF];
/** Long enough that half of an answer with it never includes all of it. */
const LONG_TEXT = "x".repeat(700);

/**
 * Generates the messages of an answer, and its end.
 *
 * @param error - Generates the error that it may end with.
 */
export function streamAnswer(random: Random, kind: Kind, error: () => ErrorInit): AnswerInit {
  const early = kind === "bidi" && random.chance(0.4);
  const value: StreamInit = {
    messages: messages(random, kind),
    endDelayMs: BigInt(random.chance(0.5) ? 0 : delay(random)),
    early,
    ...ending(random, error),
  };
  return { action: { case: "stream", value } };
}

/** Generates an answer that breaks off after nothing, or after a part of a long message. */
export function cutStream(random: Random, kind: Kind, error: () => ErrorInit): AnswerInit {
  const text = random.pick(["", LONG_TEXT]);
  const value: StreamInit = {
    messages: text === "" && kind !== "client" ? [] : [{ text: LONG_TEXT }],
    ...(random.chance(0.3) ? { error: error() } : {}),
  };
  return { action: { case: "stream", value }, cut: random.pick(CUTS) };
}

/** Generates silence from different moments on. */
export function silence(random: Random): AnswerInit {
  return {
    action: { case: "stall", value: true },
    ...(random.chance(0.3) ? { stallAt: Moment.AFTER_HEAD } : {}),
  };
}

function messages(random: Random, kind: Kind): { text: string; delayMs: bigint }[] {
  const length =
    kind === "unary" || kind === "client"
      ? random.weighted([
          [9, () => 1],
          [2, () => 0],
        ])
      : random.weighted([
          [3, () => 0],
          [9, () => random.between(1, 4)],
        ]);
  return Array.from({ length }, () => ({
    text: random.chance(0.02) ? "x".repeat(3000) : random.pick(["one", "two", "", "three"]),
    delayMs: BigInt(delay(random)),
  }));
}

function delay(random: Random): number {
  return random.weighted([
    [40, () => 0],
    [20, () => random.between(1, 60)],
    [20, () => random.between(61, 1500)],
    [8, () => random.between(1501, 29_000)],
    [4, () => random.between(29_001, 58_000)],
    [3, () => random.between(60_001, 90_000)],
  ]);
}

function ending(random: Random, error: () => ErrorInit): StreamInit {
  return random.weighted<StreamInit>([
    [40, () => ({})],
    [28, () => ({ error: error() })],
    [15, () => ({ stall: true })],
    [20, () => ({ end: random.pick(ENDS) })],
  ]);
}
