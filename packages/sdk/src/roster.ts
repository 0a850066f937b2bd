import { createAmeideTransport } from "./node.js";
import { rosterClientMaker } from "./clients/roster_client.js";

export type { LazyService } from "@ameideio/core-proto/roster";
export type { Roster, RosterClient } from "./clients/roster_client.js";

export const createRosterClient = /* @__PURE__ */ rosterClientMaker(createAmeideTransport);
