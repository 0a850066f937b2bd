import type { Surface } from "@ameideio/conformance-proto/ameide/manifest/v1";
import type { Verdict } from "@ameideio/conformance-proto/ameide/parity/v1";
import { parityOf } from "@ameideio/manifest";
import { gather } from "../../src/evidence.js";
import { judge } from "../../src/judge.js";
import { redLine } from "../../src/report/summary.js";
import { temporaryFolder } from "./temporary.js";

/** What the gate says of a surface, without runs of the suites. */
export async function judged(surface: Surface): Promise<Verdict> {
  const parity = parityOf({ surfaces: [surface], missing: [] });
  return judge(await gather(parity, temporaryFolder()), "quick");
}

/** The red cells of a part, as they are printed. */
export function redLines({ red }: Verdict, part: string): string[] {
  return red.filter((cell) => cell.part === part).map(redLine);
}
