import { createAmeideTransport } from "@ameideio/ameide-sdk-ts/web";
import type { EntryPoint } from "./place.js";

/** The entry for what has `fetch`. */
export const web: EntryPoint = { entry: "web", createTransport: createAmeideTransport };
