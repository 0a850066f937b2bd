import { fileURLToPath } from "node:url";

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

/** Our own cases. */
export const CASES = `${PACKAGE}cases`;

/** The roster of our own cases. */
export const KNOWN_FAILING = `${PACKAGE}known_failing.yaml`;

/** What every SDK has built in. */
export const POLICY_JSON = `${PACKAGE}policy.json`;

/** How adapters are started; commands are relative to the root of the repository. */
export const ADAPTERS = { path: `${PACKAGE}adapters.yaml`, root: "../.." };

/** What the HTML report is made from, and where its script is built. */
export const PAGE = `${PACKAGE}page`;
export const BUILT_PAGE = `${PACKAGE}dist/page`;

/** Where random cases that found something are written, if no folder is named. */
export const FOUND = `${PACKAGE}.results/found`;

/** What Connect's own suite is run with: what clients can do, and which clients there are. */
export const OFFICIAL = {
  config: `${PACKAGE}connect/config.yaml`,
  clients: `${PACKAGE}connect/clients.yaml`,
};
