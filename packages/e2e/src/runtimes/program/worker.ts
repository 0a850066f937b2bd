import type { Place } from "./place.js";
import { runChecks } from "./run.js";
import { web } from "./web_entry.js";

/** A worker that runs the checks: the place comes as the request's body, the outcomes go back. */
const worker = {
  async fetch(request: Request): Promise<Response> {
    return Response.json(await runChecks(web, (await request.json()) as Place));
  },
};

// oxlint-disable-next-line import/no-default-export -- it is what workerd looks for
export default worker;
