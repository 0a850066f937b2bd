import { createClient } from "@ameideio/ameide-sdk-ts";
import { type Check, outcomeOf } from "./check.js";
import { CALLS } from "./checks/calls.js";
import { FAULTS } from "./checks/faults.js";
import { IDENTITY } from "./checks/identity.js";
import { PROTOCOLS, STREAMS } from "./checks/streams.js";
import { TLS } from "./checks/tls.js";
import { TOOLS } from "./checks/tools.js";
import type { EntryPoint, Here, Outcome, Place } from "./place.js";

/** Everything that is checked, in the order of the table. */
export const CHECKS: readonly Check[] = [
  ...CALLS,
  ...STREAMS,
  ...PROTOCOLS,
  ...TLS,
  ...FAULTS,
  ...IDENTITY,
  ...TOOLS,
];

/** Runs every check of an entry, one after the other. */
export async function runChecks(
  entryPoint: EntryPoint,
  place: Place,
  more: readonly Check[] = [],
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const check of [...CHECKS, ...more]) {
    const opened: { close(): void }[] = [];
    outcomes.push(await outcomeOf(check, stand(check, { entryPoint, place, opened })));
    for (const transport of opened) {
      transport.close();
    }
  }
  return outcomes;
}

function stand(
  { id }: Check,
  {
    entryPoint,
    place,
    opened,
  }: { entryPoint: EntryPoint; place: Place; opened: { close(): void }[] },
): Here {
  return {
    ...entryPoint,
    place,
    fault: `${place.faults}/${place.name}.${id}`,
    clientOver: createClient,
    connect(service, baseUrl, options = {}) {
      const transport = entryPoint.createTransport({
        baseUrl,
        allowInsecureLoopback: true,
        ...options,
      });
      opened.push(transport);
      return createClient(service, transport);
    },
  };
}
