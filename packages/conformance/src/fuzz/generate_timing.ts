import type { MessageInitShape } from "@bufbuild/protobuf";
import type { SettingsSchema } from "@ameideio/conformance-proto";
import type { Random } from "./random.js";

type SettingsInit = Exclude<MessageInitShape<typeof SettingsSchema>, { $typeName: string }>;

/** Generates time limits, each present with a probability. */
export function timing(random: Random, probability: number): SettingsInit {
  const settings: SettingsInit = {};
  if (random.chance(probability)) {
    if (random.chance(0.06)) {
      settings.noDeadline = true;
    } else {
      settings.timeoutMs = timeout(random);
    }
  }
  if (random.chance(probability)) {
    settings.attemptTimeoutMs = random.pick([
      20,
      100,
      400,
      1000,
      2500.5,
      random.between(1, 20_000),
    ]);
  }
  if (random.chance(probability)) {
    settings.firstMessageTimeoutMs = silence(random);
  }
  if (random.chance(probability)) {
    settings.idleTimeoutMs = silence(random);
  }
  return settings;
}

function timeout(random: Random): number {
  return random.weighted([
    [6, () => random.between(50, 3000)],
    [4, () => random.between(3001, 60_000)],
    [1, () => random.between(60_001, 200_000)],
    [1, () => random.between(1, 49)],
    [1.5, () => random.between(1, 4)],
    [1, () => random.between(10, 5000) + 0.7],
    [0.4, () => random.pick([2 ** 31 - 1, 2 ** 31, 3_000_000_000, 9_999_999_999, 1e11])],
  ]);
}

function silence(random: Random): number {
  return random.pick([15, 120, 450.5, 1000, random.between(1, 9000)]);
}
