import { createAmeideTransport } from "@ameideio/ameide-sdk-ts/web";
import type { Door } from "./place.js";

/** The entry for what has `fetch`. */
export const web: Door = { entry: "web", createTransport: createAmeideTransport };
