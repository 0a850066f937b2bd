import { runCommand } from "./command.js";
import { web } from "./web_door.js";

await runCommand(web);
