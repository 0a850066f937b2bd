import { ameideClientMaker } from "./clients/ameide_client.js";
import { createRosterClient } from "./roster.js";

export type { AmeideClient } from "./clients/ameide_client.js";

export const createAmeideClient = /* @__PURE__ */ ameideClientMaker(createRosterClient);
