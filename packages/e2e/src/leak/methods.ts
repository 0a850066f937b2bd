import { ConformanceService } from "@ameideio/conformance-proto/ameide/conformance/v1";

/** Protocol on the wire. */
export type Protocol = "connect" | "grpc" | "grpc-web";

/** Kinds of methods: which side streams. */
export type Kind = "unary" | "server" | "client" | "bidi";

/** The kinds, in the order of the report. */
export const KINDS = ["unary", "server", "client", "bidi"] as const;

/** The kinds that an HTTP version carries: both sides of HTTP/1.1 cannot speak at once. */
export function kindsOver(httpVersion: "1.1" | "2"): readonly Kind[] {
  return httpVersion === "2" ? KINDS : KINDS.filter((kind) => kind !== "bidi");
}

/** The methods that are called, by kind: repeatable ones, and one that stays open. */
export const METHODS = {
  unary: ["noSideEffects", "unknownWithKey"],
  server: ["serverStreamNoSideEffects", "serverStreamLongLived"],
  client: ["clientStreamIdempotent"],
  bidi: ["bidiStreamIdempotent"],
} as const satisfies Record<Kind, readonly (keyof typeof ConformanceService.method)[]>;

/** The path a method is called at. */
export function pathOf(method: keyof typeof ConformanceService.method): string {
  return `/${ConformanceService.typeName}/${ConformanceService.method[method].name}`;
}
