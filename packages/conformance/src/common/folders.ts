import { fileURLToPath } from "node:url";

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));

/** Root of the repository. */
export const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

/** Our own cases. */
export const CASES = `${PACKAGE}cases`;

/** List of known failures for our own cases. */
export const KNOWN_FAILING = `${PACKAGE}known_failing.yaml`;

/** Built-in values of every SDK. */
export const POLICY_JSON = `${PACKAGE}policy.json`;

/** File of the adapters' commands, which are relative to the root of the repository. */
export const ADAPTERS = { path: `${PACKAGE}adapters.yaml`, root: "../.." };

/** Folder of the HTML report's sources and of its built script. */
export const PAGE = `${PACKAGE}page`;
export const BUILT_PAGE = `${PACKAGE}dist/page`;

/** Folder for failing random cases, if none is named. */
export const FOUND = `${PACKAGE}.results/found`;

/** Configuration of Connect's own suite: the abilities of clients, and the list of clients. */
export const OFFICIAL = {
  config: `${PACKAGE}connect/config.yaml`,
  clients: `${PACKAGE}connect/clients.yaml`,
};
