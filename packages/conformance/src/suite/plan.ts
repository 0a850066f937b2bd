import {
  type Answer,
  type Case,
  Certificate,
  type DescribeResponse,
  type Given,
  type HttpClient,
  Packing,
  type Script,
} from "@ameideio/conformance-proto";
import { needsOf } from "./abilities.js";
import type { LoadedCase } from "./load_file.js";
import { type Ability, type Kind, METHODS } from "./vocabulary.js";

export type LayerName = "memory" | "wire";

/** One way to run a case, counted in the matrix. */
export interface Combination {
  readonly sdk: string;
  readonly layer: LayerName;
  /** Empty for the language's own. */
  readonly httpClient: string;
  readonly entry: string;
  readonly protocol: string;
  readonly format: string;
  /** Empty in the memory layer. */
  readonly http: string;
}

/** Filter of the runs; absent members do not limit. */
export interface Filter {
  readonly layers?: readonly string[] | undefined;
  readonly entries?: readonly string[] | undefined;
  readonly protocols?: readonly string[] | undefined;
  readonly formats?: readonly string[] | undefined;
  readonly http?: readonly string[] | undefined;
  /** `native` is the language's own. */
  readonly httpClients?: readonly string[] | undefined;
  /**
   * True to run only some combinations: over Connect one of each HTTP version; over gRPC and
   * gRPC-Web one; over each other HTTP client one. Which entry, format and the rest it is changes
   * from case to case.
   */
  readonly thin?: boolean | undefined;
  /**
   * True to run only one combination of each case of the memory layer, which changes from case to
   * case; over the language's own HTTP client, unless the case is for others alone.
   */
  readonly quick?: boolean | undefined;
}

/** All ways to run a case on an SDK, and abilities that the case asks for and the SDK lacks. */
export interface CasePlan {
  readonly combinations: readonly Combination[];
  /** Reasons for which the case, or a part of it, cannot be run. */
  readonly missing: readonly string[];
  /** Abilities that the case needs and the SDK lacks. */
  readonly unable: readonly Ability[];
}

/**
 * Decides how a case runs on an SDK: through each entry, in each format, over each protocol, each
 * HTTP client and, on the wire, each HTTP version that both have. A case that names a protocol,
 * format, HTTP version or kind of method that the SDK lacks is not skipped silently; if only
 * another HTTP client than the language's own lacks it, there is no such combination.
 */
export function planCase(one: LoadedCase, sdk: DescribeResponse, filter: Filter = {}): CasePlan {
  const { message } = one;
  const layer = layerOf(one);
  const isLeftOut = filter.quick === true && layer !== "memory";
  if (isLeftOut || !allows(filter.layers, layer)) {
    return { combinations: [], missing: [], unable: [] };
  }
  const unable = needsOf(message.given, message.server).filter(
    (ability) => !sdk.abilities.includes(ability),
  );
  const others = sdk.httpClients
    .filter(({ name }) => wants(one, name) && allows(filter.httpClients, name))
    .filter((client) => can(client, message, layer))
    .flatMap((client) =>
      cellsOf(
        one,
        { ...client, sdk: sdk.sdk, formats: sdk.formats, httpClient: client.name },
        filter,
      ),
    );
  const own = wants(one, "native") && allows(filter.httpClients, "native");
  if (!own) {
    return { combinations: fewer(others, message.name, filter), missing: [], unable };
  }
  const kinds = lacking("kind", kindsOf(one), sdk.kinds);
  const missing = [
    ...kinds,
    ...lacking("protocol", message.protocols, sdk.protocols, filter.protocols),
    ...lacking("format", message.formats, sdk.formats, filter.formats),
    ...lacking("HTTP", message.http, sdk.http, filter.http),
  ];
  if (kinds.length > 0) {
    return { combinations: [], missing, unable };
  }
  const combinations = cellsOf(one, { ...sdk, httpClient: "" }, filter);
  if (filter.quick !== true) {
    combinations.push(...others);
  }
  return { combinations: fewer(combinations, message.name, filter), missing, unable };
}

/** Reports whether a case is meant for an HTTP client. */
export function wants({ message }: LoadedCase, httpClient: string): boolean {
  return message.httpClients.length === 0 || message.httpClients.includes(httpClient);
}

/** Reports whether a case can be run over an HTTP client that is not the language's own. */
export function can(
  { kinds }: HttpClient,
  { given, server }: Pick<Case, "given" | "server">,
  layer: LayerName,
): boolean {
  return (
    kindsIn(given).every((kind) => kinds.includes(kind)) &&
    // There, these belong to the runtime.
    Object.keys(given?.env ?? {}).length === 0 &&
    (given?.client?.sendCompression ?? "") === "" &&
    (given?.client?.acceptCompression ?? "") === "" &&
    answersOf(server).every(({ packing }) => packing === Packing.UNSPECIFIED) &&
    (layer === "memory" || (server?.certificate ?? 0) === Certificate.UNSPECIFIED)
  );
}

function answersOf(script: Script | undefined): readonly Answer[] {
  return [...(script?.answers ?? []), ...(script?.otherwise ? [script.otherwise] : [])];
}

type Offered = Pick<DescribeResponse, "sdk" | "entries" | "protocols" | "formats" | "http"> &
  Pick<Combination, "httpClient">;

function cellsOf(one: LoadedCase, has: Offered, filter: Filter): Combination[] {
  const { message } = one;
  const layer = layerOf(one);
  const { sdk, httpClient } = has;
  const http = layer === "wire" ? versionsOf(one, has, filter) : [""];
  return has.entries
    .filter((entry) => allows(filter.entries, entry))
    .flatMap((entry) =>
      common(message.protocols, has.protocols, filter.protocols).flatMap((protocol) =>
        common(message.formats, has.formats, filter.formats).flatMap((format) =>
          http
            .filter((version) => message.http.length > 0 || carriesKinds(version, one))
            .filter((version) => carries(version, protocol))
            .map((version) => ({ sdk, layer, httpClient, entry, protocol, format, http: version })),
        ),
      ),
    );
}

// Versions that client and server negotiate are for the cases that name one.
function versionsOf({ message }: LoadedCase, has: Offered, filter: Filter): readonly string[] {
  const versions = common(message.http, has.http, filter.http);
  return message.http.length > 0 ? versions : versions.filter((version) => version !== "auto");
}

// gRPC ends its answers with trailers, which clients of HTTP/1.1 do not see.
function carries(http: string, protocol: string): boolean {
  return http !== "1.1" || protocol !== "grpc";
}

// The two sides of HTTP/1.1 do not speak at once either. Cases that expect clients to say so name
// the version.
function carriesKinds(http: string, one: LoadedCase): boolean {
  return http !== "1.1" || !kindsOf(one).includes("bidi_streaming");
}

// Chosen by the name, so that a case runs the same way every day.
function fewer(
  combinations: readonly Combination[],
  name: string,
  { quick, thin }: Filter,
): readonly Combination[] {
  const number = Buffer.from(name).reduce((sum, byte) => sum + byte, 0);
  if (quick === true) {
    return combinations.slice(number % combinations.length).slice(0, 1);
  }
  return thin === true ? thinned(combinations, number) : combinations;
}

function thinned(combinations: readonly Combination[], number: number): Combination[] {
  const columns = new Map<string, Combination[]>();
  for (const combination of combinations) {
    const column = columnOf(combination);
    columns.set(column, [...(columns.get(column) ?? []), combination]);
  }
  return [...columns.values()].flatMap((own, i) =>
    own.slice((number + i) % own.length).slice(0, 1),
  );
}

function columnOf({ httpClient, protocol, http }: Combination): string {
  if (httpClient !== "") {
    return httpClient;
  }
  return protocol === "connect" ? `connect ${http}` : protocol;
}

/**
 * Reports whether a filter excludes a layer, entry, protocol, format, HTTP version or HTTP client.
 */
export function isLimited(filter: Filter = {}): boolean {
  const { layers, entries, protocols, formats, http, httpClients, quick } = filter;
  const parts = [layers, entries, protocols, formats, http, httpClients];
  return quick === true || parts.some((part) => (part?.length ?? 0) > 0);
}

/** Returns `memory` or `wire`. */
export function layerOf(one: LoadedCase): LayerName {
  return one.json.layer === "LAYER_WIRE" ? "wire" : "memory";
}

/** Lists the kinds of methods that a case calls. */
export function kindsOf({ message }: LoadedCase): readonly Kind[] {
  return kindsIn(message.given);
}

function kindsIn(given: Given | undefined): readonly Kind[] {
  const steps = given?.steps ?? [];
  const kinds = steps.flatMap(({ action }) => {
    if (action.case !== "call") {
      return [];
    }
    const kind = METHODS.get(action.value.method);
    return kind === undefined ? [] : [kind];
  });
  return [...new Set(kinds)];
}

/**
 * Formats a combination: `memory generic connect binary`,
 * `wire fetch generic connect json http/1.1`.
 */
export function showCombination({
  layer,
  httpClient,
  entry,
  protocol,
  format,
  http,
}: Combination): string {
  const parts = [layer, httpClient, entry, protocol, format, http === "" ? "" : `http/${http}`];
  return parts.filter((part) => part !== "").join(" ");
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
