import type { Certificate } from "@ameideio/fault-server";
import type { Column } from "./columns.js";
import type { Kind } from "./records.js";

/** TLS material of a client, as it is now. */
export interface Material extends Certificate {
  /** Authorities to trust, PEM. */
  readonly ca: string;
}

/** Data for creating a client. */
export interface Place {
  readonly column: Column;
  readonly port: number;
  /** The material of this moment; who can, asks anew at each connect. */
  readonly material: () => Material;
  /** Shared by all calls. */
  readonly signal: AbortSignal;
  /** Turn retries off. */
  readonly withoutRetries: boolean;
}

/** Returns the address that a client calls: HTTP/1.1 is plain, as it is inside a cluster. */
export function baseUrlOf({ column, port }: Place): string {
  return `${column.httpVersion === "1.1" ? "http" : "https"}://127.0.0.1:${port}`;
}

/** Client of any library, behind one interface. */
export interface Caller {
  /** Makes one call, and rejects with the client's error if it fails. */
  call(kind: Kind, text: string): Promise<void>;
  /** It asks for its material anew at each connect. */
  readonly rotates?: true;
  close(): void;
}
