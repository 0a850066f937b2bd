import { namingConfigError } from "../errors/errors.js";

/**
 * Where the services are that tests call: `repo` in the process of the test, `local` in processes
 * that the test starts, `cluster` at addresses that its environment names.
 */
export type IntegrationMode = "repo" | "local" | "cluster";

const MODES: readonly IntegrationMode[] = ["repo", "local", "cluster"];

/**
 * Reads the mode from `INTEGRATION_MODE`. Where it is not set, it is `repo`.
 *
 * @param env - Environment. Default: the process's.
 * @throws AmeideError CONFIG_INVALID where it is set to anything else, to nothing, too: a workflow
 *   that names a variable it does not have would else test in memory what it means to test in a
 *   cluster.
 */
export function integrationMode(
  env: Readonly<Record<string, string | undefined>> = globalThis.process?.env ?? {},
): IntegrationMode {
  const text = env["INTEGRATION_MODE"];
  const mode = text === undefined ? "repo" : MODES.find((each) => each === text);
  if (mode === undefined) {
    throw namingConfigError("INTEGRATION_MODE", "must be repo, local or cluster", text, MODES);
  }
  return mode;
}
