// Serves what clients are measured with. Tells its parent the addresses, and ends with it.
import process from "node:process";
import { serveEcho } from "./echo_server.js";

process.on("disconnect", () => process.exit());
process.send?.((await serveEcho()).addresses);
