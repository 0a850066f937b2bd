import { isOfOrigin } from "./base_url.js";
import type { Environment } from "../options/environment.js";
import { configError } from "../errors/errors.js";
import { type OptionLayers, withoutShadowed } from "../options/option_layers.js";
import type { AmeideOptions, Settings } from "../options/options.js";

/** Scope of what a client may send: only to its own origin. */
export interface OriginScope {
  readonly origin: string;
  /** Transport that the user supplies: it sends anywhere, whatever the base address. */
  readonly transport: object | undefined;
  /** Layers that were made for this origin, nearest first. */
  readonly layers: OptionLayers;
  /** True if the environment's token and tenant are for this origin too. */
  readonly environment: boolean;
}

/**
 * Returns the scope of a client. One derived for another origin starts anew: it must state each
 * value that its parent would have sent, or state that it sends none.
 *
 * @param parent - Scope of the client that it is derived from.
 * @throws AmeideError CONFIG_INVALID if it leaves open whether to send a value of its parent.
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

// An HTTP client does not count: it is told the address.
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

// Reports whether any method sends the value: `null` of a nearer client revokes a farther setting.
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
