import { rosterClientMaker } from "./clients/roster_client.js";
import { createAmeideTransport } from "./web.js";

export type { LazyService } from "@ameideio/core-proto/roster";
export type { Roster, RosterClient } from "./clients/roster_client.js";

export const createRosterClient = /* @__PURE__ */ rosterClientMaker(createAmeideTransport);
