import { ameideClientMaker } from "./ameide_client.js";
import { createRosterClient } from "./roster.js";

export type { AmeideClient } from "./ameide_client.js";

export const createAmeideClient = /* @__PURE__ */ ameideClientMaker(createRosterClient);
