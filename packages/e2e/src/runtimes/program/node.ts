import { createAmeideTransport } from "@ameideio/ameide-sdk-ts/node";
import { runCommand } from "./command.js";

await runCommand({ entry: "node", createTransport: createAmeideTransport });
