import { isOfOrigin } from "./base_url.js";
import type { Environment } from "../options/environment.js";
import { configError } from "../errors/errors.js";
import { type OptionLayers, withoutShadowed } from "../options/option_layers.js";
import type { AmeideOptions, Settings } from "../options/options.js";

/** What a client may send to its origin: no other origin gets any of it. */
export interface OriginScope {
  readonly origin: string;
  /** A transport of the user's own: it goes where it likes, whatever the base address. */
  readonly transport: object | undefined;
  /** The layers that were made for this origin, the nearest first. */
  readonly layers: OptionLayers;
  /** The environment's token and tenant are for this origin, too. */
  readonly environment: boolean;
}

/**
 * The scope of a client. One that is derived for another origin begins anew: it
 * states what its parent would have sent, or sends nothing of it by saying so.
 *
 * @param parent - The scope of the client it is derived from.
 * @throws AmeideError CONFIG_INVALID if it leaves open whether to send what is its parent's.
 */
export function originScope(
  layers: OptionLayers,
  origin: string,
  environment: Environment,
  parent: OriginScope | undefined,
): OriginScope {
  const [changes] = layers;
  const transport = ownTransport(layers);
  const moved =
    parent !== undefined && (parent.origin !== origin || parent.transport !== transport);
  const own: OptionLayers = parent === undefined || moved ? [changes] : [changes, ...parent.layers];
  const asked = own.find((each) => each.environmentCredentials !== undefined);
  if (moved) {
    refuseToCarry(changes, parent, environment);
  }
  const ofEnvironment = transport === undefined && isOfOrigin(environment.baseUrl, origin);
  return {
    origin,
    transport,
    layers: withoutShadowed(own),
    environment: asked?.environmentCredentials === true || ofEnvironment,
  };
}

// An HTTP client is none: it is told the address.
function ownTransport(layers: OptionLayers): object | undefined {
  const supplied = layers.find((each) => each.transport !== undefined)?.transport;
  return typeof supplied === "object" ? supplied : undefined;
}

function refuseToCarry(
  changes: AmeideOptions,
  parent: OriginScope,
  environment: Environment,
): void {
  const { layers } = parent;
  const fromEnvironment = parent.environment ? environment : undefined;
  const asksEnvironment = changes.environmentCredentials === true;
  const refuse = (option: string, none: string) => {
    const rule = `must be stated for another origin, which gets nothing of what was given for the first; ${none} sends none`;
    throw configError(option, rule);
  };
  if (changes.auth === undefined && !asksEnvironment) {
    if (sends("auth", layers, fromEnvironment?.token)) {
      refuse("auth", "null");
    }
  }
  if (changes.tenant === undefined && !asksEnvironment) {
    if (sends("tenant", layers, fromEnvironment?.tenant)) {
      refuse("tenant", "null");
    }
  }
  if (changes.headers === undefined && layers.some(hasHeaders)) {
    refuse("headers", "{}");
  }
  const tls = layers.find((each) => each.tls !== undefined)?.tls;
  const identifies = typeof tls === "function" || (tls?.certificate ?? tls?.key) !== undefined;
  if (ownTransport([changes]) === undefined && changes.tls === undefined && identifies) {
    refuse("tls", "{}");
  }
}

// For any method: `null` of a nearer client takes back what a farther one says.
function sends(
  name: "auth" | "tenant",
  layers: OptionLayers,
  fallback: string | undefined,
): boolean {
  for (const each of layers) {
    if (ofMethods(each).some(({ [name]: value }) => (value ?? null) !== null)) {
      return true;
    }
    if (each[name] !== undefined) {
      return each[name] !== null;
    }
  }
  return fallback !== undefined;
}

function hasHeaders(options: AmeideOptions): boolean {
  return [options, ...ofMethods(options)].some(
    ({ headers = {} }) => Object.keys(headers).length > 0,
  );
}

function ofMethods({ methods = {} }: AmeideOptions): readonly Settings[] {
  return Object.values(methods);
}
