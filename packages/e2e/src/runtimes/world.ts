import { createAuthority, startFaultServer } from "@ameideio/fault-server";
import { startReferenceServer } from "@ameideio/reference-server";
import { faultScripts } from "./fault_scripts.js";
import type { Place } from "./program/place.js";
import { startSeenServer } from "./seen_server.js";
import { startWitness } from "./witness.js";

/** The servers that all programs call. */
export interface World {
  /** PEM of the authority that the runtimes must trust. */
  readonly trusted: string;
  /**
   * Serves a file to browsers and gives its address. It has the origin of the
   * fault server, so that pages need no leave to meet its faults.
   */
  servePage(name: string, page: Page): string;
  /** A place of its own for one program, with its faults mounted. */
  place(name: string): Place;
  close(): Promise<void>;
}

/** A file for browsers. */
export interface Page {
  readonly type: string;
  readonly text: string;
}

/** Starts the reference server, the witness, and the fault server in front of it. */
export async function openWorld(): Promise<World> {
  const [known, unknown] = [createAuthority("known"), createAuthority("unknown")];
  const { cert: certificate, key } = unknown.issue({ hosts: ["client.test"] });
  const reference = await startReferenceServer({ graceMs: 0, allowedOrigins: ["*"] });
  const witness = await startWitness(known, unknown);
  const faults = await startFaultServer({ upstream: witness.urls.http1 });
  const seen = await startSeenServer(faults, witness);
  return {
    trusted: known.cert,
    servePage(name, { type, text }) {
      const headers = [["content-type", type]] as const;
      return faults.mount(name, {
        otherwise: { respond: { status: 200, headers, body: { text } } },
      }).url;
    },
    place(name) {
      const scripts = faultScripts(`${faults.url}/${name}.elsewhere`);
      for (const [check, script] of Object.entries(scripts)) {
        faults.mount(`${name}.${check}`, script);
      }
      return {
        name,
        reference: reference.url,
        witness: witness.urls,
        faults: faults.url,
        seen: seen.url,
        ca: unknown.cert,
        client: { certificate, key },
      };
    },
    async close() {
      seen.close();
      await faults.close();
      witness.close();
      await reference.close();
    },
  };
}
