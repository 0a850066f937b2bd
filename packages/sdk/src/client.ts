import { createAmeideTransport } from "./node.js";
import { clientMakers } from "./roster_client.js";

export type { AmeideClient, Roster, RosterClient } from "./roster_client.js";

export const { createAmeideClient, createRosterClient } =
  /* @__PURE__ */ clientMakers(createAmeideTransport);
