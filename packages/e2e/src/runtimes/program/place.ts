import type { Client, Transport } from "@connectrpc/connect";
import type { DescService } from "@bufbuild/protobuf";
import type { AmeideOptions, AmeideTransport } from "@ameideio/ameide-sdk-ts";

/** Place of a program, and the servers it can call. Plain data: it is sent to the runtime. */
export interface Place {
  /** Name that its faults are mounted under, unique to the program. */
  readonly name: string;
  /** The reference server, HTTP/1.1 and HTTP/2 without TLS. */
  readonly reference: string;
  /** The witness, which answers with its observations. */
  readonly witness: {
    readonly http1: string;
    /** HTTP/2 without TLS. */
    readonly http2: string;
    /** HTTP/2 and HTTP/1.1 by ALPN, of an authority that the runtime trusts. */
    readonly tls: string;
    /** The same of an authority it does not know, asking for a client certificate. */
    readonly privateTls: string;
  };
  /** The fault server; the fault of a check is at `<faults>/<name>.<check>`. */
  readonly faults: string;
  /** Answers with the servers' observations. */
  readonly seen: string;
  /** PEM: the authority that the runtime does not know, and a certificate for clients. */
  readonly ca: string;
  readonly client: { readonly certificate: string; readonly key: string };
}

/** One entry of the SDK, as a program imported it. */
export interface EntryPoint {
  readonly entry: "node" | "web";
  createTransport(options: AmeideOptions): AmeideTransport;
}

/** Tools of a check. */
export interface Here extends EntryPoint {
  readonly place: Place;
  /** A client of the witness, or of the service at the address. */
  connect<S extends DescService>(service: S, baseUrl: string, options?: AmeideOptions): Client<S>;
  /** Makes a client that leaves streams at once. */
  clientOver<S extends DescService>(service: S, transport: Transport): Client<S>;
  /** Base URL of the fault of this check. */
  readonly fault: string;
}

/** Result of one check. */
export type Outcome =
  | { readonly check: string; readonly result: "yes" }
  | { readonly check: string; readonly result: "no"; readonly why: string }
  | { readonly check: string; readonly result: "broken"; readonly why: string };
