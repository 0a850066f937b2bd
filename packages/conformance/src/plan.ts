import type { DescribeResponse } from "@ameideio/conformance-proto";
import type { LoadedCase } from "./load_file.js";
import { type Kind, METHODS } from "./vocabulary.js";

export type LayerName = "memory" | "wire";

/** One way of running a case: what the matrix has a count for. */
export interface Cell {
  readonly sdk: string;
  readonly layer: LayerName;
  readonly door: string;
  readonly protocol: string;
  readonly format: string;
  /** Empty in the memory layer. */
  readonly http: string;
}

/** What may be run; what is not given is not limited. */
export interface Filter {
  readonly layers?: readonly string[] | undefined;
  readonly doors?: readonly string[] | undefined;
  readonly protocols?: readonly string[] | undefined;
  readonly formats?: readonly string[] | undefined;
  readonly http?: readonly string[] | undefined;
  /**
   * Only some of the cells: over Connect all, over gRPC and gRPC-Web one door, one format and one
   * HTTP version, which change from case to case.
   */
  readonly thin?: boolean | undefined;
}

/** Every way a case is to be run on an SDK, and what the SDK cannot do of what the case asks for. */
export interface CasePlan {
  readonly cells: readonly Cell[];
  /** Why the case, or a part of it, cannot be run. */
  readonly missing: readonly string[];
}

/**
 * Decides how a case runs on an SDK: through each door, in each format, over each protocol and, on
 * the wire, each HTTP version that both have. A case that names a protocol, format, HTTP version or
 * kind of method that the SDK lacks is not left out quietly.
 */
export function planCase(one: LoadedCase, sdk: DescribeResponse, filter: Filter = {}): CasePlan {
  const { message } = one;
  const layer = layerOf(one);
  if (!allows(filter.layers, layer)) return { cells: [], missing: [] };
  const kinds = lacking("kind", kindsOf(one), sdk.kinds);
  const missing = [
    ...kinds,
    ...lacking("protocol", message.protocols, sdk.protocols, filter.protocols),
    ...lacking("format", message.formats, sdk.formats, filter.formats),
    ...lacking("HTTP", message.http, sdk.http, filter.http),
  ];
  if (kinds.length > 0) return { cells: [], missing };
  const http = layer === "wire" ? common(message.http, sdk.http, filter.http) : [""];
  const cells = sdk.doors
    .filter((door) => allows(filter.doors, door))
    .flatMap((door) =>
      common(message.protocols, sdk.protocols, filter.protocols).flatMap((protocol) =>
        common(message.formats, sdk.formats, filter.formats).flatMap((format) =>
          http
            .filter((version) => message.http.length > 0 || carriesKinds(version, one))
            .filter((version) => carries(version, protocol))
            .map((version) => ({ sdk: sdk.sdk, layer, door, protocol, format, http: version })),
        ),
      ),
    );
  return { cells: filter.thin === true ? thinned(cells, message.name) : cells, missing };
}

// gRPC ends its answers with trailers, which clients of HTTP/1.1 do not see.
function carries(http: string, protocol: string): boolean {
  return http !== "1.1" || protocol !== "grpc";
}

// Nor do both sides of HTTP/1.1 speak at once. That clients say so, a case asks for by name.
function carriesKinds(http: string, one: LoadedCase): boolean {
  return http !== "1.1" || !kindsOf(one).includes("bidi");
}

// By the name, so that a case runs the same today and tomorrow.
function thinned(cells: readonly Cell[], name: string): Cell[] {
  const number = Buffer.from(name).reduce((sum, byte) => sum + byte, 0);
  const protocols = [...new Set(cells.map(({ protocol }) => protocol))];
  return protocols.flatMap((protocol, i) => {
    const own = cells.filter((cell) => cell.protocol === protocol);
    return protocol === "connect" ? own : own.slice((number + i) % own.length).slice(0, 1);
  });
}

/** Whether a filter keeps a layer, door, protocol, format or HTTP version out. */
export function isLimited({ layers, doors, protocols, formats, http }: Filter = {}): boolean {
  return [layers, doors, protocols, formats, http].some((part) => (part?.length ?? 0) > 0);
}

/** `memory` or `wire`. */
export function layerOf(one: LoadedCase): LayerName {
  return one.json.layer === "LAYER_WIRE" ? "wire" : "memory";
}

/** The kinds of methods a case calls. */
export function kindsOf(one: LoadedCase): readonly Kind[] {
  const steps = one.message.given?.steps ?? [];
  const kinds = steps.flatMap(({ action }) => {
    if (action.case !== "call") return [];
    const kind = METHODS.get(action.value.method);
    return kind === undefined ? [] : [kind];
  });
  return [...new Set(kinds)];
}

/** A cell in words: `memory generic connect binary`, `wire roster connect json http/2`. */
export function showCell({ layer, door, protocol, format, http }: Cell): string {
  return [layer, door, protocol, format, ...(http === "" ? [] : [`http/${http}`])].join(" ");
}

function common(
  asked: readonly string[],
  has: readonly string[],
  filter: readonly string[] | undefined,
): readonly string[] {
  return has.filter((one) => (asked.length === 0 || asked.includes(one)) && allows(filter, one));
}

function allows(filter: readonly string[] | undefined, value: string): boolean {
  return filter === undefined || filter.length === 0 || filter.includes(value);
}

function lacking(
  what: string,
  asked: readonly string[],
  has: readonly string[],
  filter?: readonly string[],
): string[] {
  return asked
    .filter((one) => !has.includes(one) && allows(filter, one))
    .map((one) => `${what} ${one}`);
}
