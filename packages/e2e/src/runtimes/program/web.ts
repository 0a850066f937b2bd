import { runCommand } from "./command.js";
import { web } from "./web_entry.js";

await runCommand(web);
