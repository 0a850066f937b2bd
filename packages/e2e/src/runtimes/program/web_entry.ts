import { createAmeideTransport } from "@ameideio/ameide-sdk-ts/web";
import type { EntryPoint } from "./place.js";

/** Entry for runtimes with `fetch`. */
export const web: EntryPoint = { entry: "web", createTransport: createAmeideTransport };
