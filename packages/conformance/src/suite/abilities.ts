import { Deed, type Given, type Script, type Settings } from "@ameideio/conformance-proto";
import type { LoadedCase } from "./load_file.js";
import { ABILITIES, type Ability } from "./vocabulary.js";

/**
 * What a case needs that is not in the nature of every language, read off its given and its
 * server.
 *
 * - `cancel`: a request is ended that waits for its answer: a call is canceled, or a client closed
 *   whose server stalls.
 * - `eager_streams`: a stream is opened and not read. It takes a language in which that sends it; where
 *   it is sent when it is first read, there is nothing.
 * - `keep_alive`: PINGs, or the age of a connection. It takes an HTTP client that lets them be set.
 * - `loose_types`: a value is not of the type it is due in: an option of no name, a fraction as a
 *   number of attempts, items or pages, an instant that is no finite number, an ambient deadline
 *   that is a text, no number, or fails when it is asked. A duration that is no number is none of
 *   them: where durations have a type it is one below 0.
 * - `pulled_input`: the messages that a caller streams fail. It takes an SDK that pulls them from
 *   the caller; where the caller sends each by a call of its own, there is nothing that can fail.
 */
export function needsOf(given: Given | undefined, server: Script | undefined): readonly Ability[] {
  const needs: Readonly<Record<Ability, boolean>> = {
    cancel:
      (given?.steps ?? []).some(
        ({ action }) => action.case === "call" && action.value.cancel !== undefined,
      ) ||
      (stalls(server) && closesIn(given)),
    eager_streams: (given?.steps ?? []).some(
      ({ action }) => action.case === "call" && action.value.unread,
    ),
    keep_alive:
      given?.client?.keepAlive !== undefined || given?.client?.maxConnectionAgeMs !== undefined,
    loose_types:
      (given?.client?.unknownOption ?? "") !== "" ||
      settingsIn(given).some(hasWrongType) ||
      boundsIn(given).some((bound) => !Number.isInteger(bound)),
    pulled_input: (given?.steps ?? []).some(
      ({ action }) => action.case === "call" && action.value.inputThrows,
    ),
  };
  return ABILITIES.filter((ability) => needs[ability]);
}

/**
 * What is wrong with the abilities that an adapter describes.
 *
 * @param without - Abilities that its language lacks, each with the number of cases that need it.
 * @param suite - All cases of the suite, to count them; undefined where only some are run.
 */
export function abilityProblems(
  described: readonly string[],
  without: Readonly<Record<string, number>>,
  suite: readonly LoadedCase[] | undefined,
): string[] {
  const known: readonly string[] = ABILITIES;
  return [
    ...described
      .filter((name) => !known.includes(name))
      .map((name) => `its adapter describes the ability ${name}: there are ${known.join(", ")}`),
    ...Object.keys(without)
      .filter((name) => described.includes(name))
      .map(
        (name) => `its adapter describes the ability ${name}: take it off without in adapters.yaml`,
      ),
    ...Object.entries(without).flatMap(([name, count]) => {
      const need = suite?.filter(({ message }) =>
        needsOf(message.given, message.server).some((one) => one === name),
      );
      if (need === undefined || need.length === count) {
        return [];
      }
      return [
        `without of adapters.yaml counts ${count} cases that need ${name}, there are ${need.length}: a case was lost, or the count has to follow`,
      ];
    }),
  ];
}

function stalls(server: Script | undefined): boolean {
  return (server?.answers ?? []).some(({ action }) => action.case === "stall");
}

function closesIn(given: Given | undefined): boolean {
  return (given?.client?.watchers ?? []).some(({ does }) => does === Deed.CLOSE);
}

function settingsIn(given: Given | undefined): Settings[] {
  const ofSteps = (given?.steps ?? []).map(({ action }) =>
    action.case === "call" || action.case === "derive" || action.case === "paginate"
      ? action.value.settings
      : undefined,
  );
  const ofMethods = Object.values(given?.client?.methods ?? {});
  return [given?.client?.settings, ...ofMethods, ...ofSteps].filter((one) => one !== undefined);
}

function hasWrongType(settings: Settings): boolean {
  const { ambientDeadlineMs = 0, ambientDeadlineText, ambientDeadlineThrows } = settings;
  return (
    !Number.isInteger(settings.retry?.maxAttempts ?? 1) ||
    ambientDeadlineText !== "" ||
    ambientDeadlineThrows ||
    // Infinitely many are no deadline, which every language can say.
    !(Number.isFinite(ambientDeadlineMs) || ambientDeadlineMs > 0) ||
    (settings.auth?.provider ?? []).some(({ expiresAt = 0 }) => !Number.isFinite(expiresAt))
  );
}

function boundsIn(given: Given | undefined): number[] {
  return (given?.steps ?? []).flatMap(({ action }) =>
    action.case === "paginate" ? [action.value.maxItems ?? 1, action.value.maxPages ?? 1] : [],
  );
}
