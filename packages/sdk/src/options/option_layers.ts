import type { AmeideOptions, Settings } from "./options.js";

/**
 * Layers of a client's options: its own, then those of the clients that it is derived from, nearest
 * first.
 */
export type OptionLayers = readonly [AmeideOptions, ...AmeideOptions[]];

type Members = Readonly<Record<PropertyKey, unknown>>;

/**
 * Removes values that nearer layers override. However long a chain of derived clients is, it keeps
 * one value of each option, and no unused credential.
 *
 * @param layers - Checked layers.
 */
export function withoutShadowed([nearest, ...farther]: OptionLayers): OptionLayers {
  const shadow = new Shadow();
  shadow.add(nearest);
  const kept = farther.flatMap((layer) => {
    const rest = shadow.strip(layer);
    shadow.add(layer);
    return Reflect.ownKeys(rest).length === 0 ? [] : [rest];
  });
  return [nearest, ...kept];
}

/** Values stated by the layers so far. */
class Shadow {
  private readonly names = new Set<PropertyKey>();
  private readonly retry = new Set<string>();
  private readonly headers = new Set<string>();
  private readonly methods = new Map<string, Shadow>();

  add(settings: AmeideOptions | Settings): void {
    for (const [name, value] of statedMembers(settings)) {
      this.names.add(name);
      if (name === "timeoutMs" || name === "noDeadline") {
        this.names.add("timeoutMs").add("noDeadline");
      } else if (name === "retry" && value !== false) {
        addAll(this.retry, statedMembers(value as object));
      } else if (name === "headers") {
        for (const header of Object.keys(value as object)) {
          this.headers.add(header.toLowerCase());
        }
      } else if (name === "methods") {
        for (const [selector, each] of Object.entries(value as Record<string, Settings>)) {
          this.ofMethod(selector).add(each);
        }
      }
    }
  }

  strip(settings: AmeideOptions | Settings): Members {
    const kept = statedMembers(settings).flatMap(([name, value]) => {
      const rest = this.rest(name, value);
      return rest === undefined ? [] : [[name, rest] as const];
    });
    return Object.fromEntries(kept);
  }

  // Returns the part of a value that still counts. An option whose members count one by one stays
  // until all are stated.
  private rest(name: PropertyKey, value: unknown): unknown {
    switch (name) {
      case "retry": {
        const own = value === false ? [] : statedMembers(value as object);
        const left = own.filter(([member]) => !this.retry.has(member as string));
        const counts = left.length > 0 || !this.names.has(name);
        return counts ? (value === false ? false : Object.fromEntries(left)) : undefined;
      }
      case "headers": {
        const left = Object.entries(value as object).filter(
          ([header]) => !this.headers.has(header.toLowerCase()),
        );
        return left.length > 0 ? Object.fromEntries(left) : undefined;
      }
      case "methods": {
        const left = Object.entries(value as Record<string, Settings>).flatMap(
          ([selector, each]) => {
            const rest = this.ofMethod(selector).strip(this.strip(each));
            return Reflect.ownKeys(rest).length === 0 ? [] : [[selector, rest] as const];
          },
        );
        return left.length > 0 ? Object.fromEntries(left) : undefined;
      }
      default:
        return this.names.has(name) ? undefined : value;
    }
  }

  private ofMethod(selector: string): Shadow {
    let shadow = this.methods.get(selector);
    if (shadow === undefined) {
      shadow = new Shadow();
      this.methods.set(selector, shadow);
    }
    return shadow;
  }
}

// `noDeadline: true` is a statement, `false` is not.
function statedMembers(settings: object): [PropertyKey, unknown][] {
  return Reflect.ownKeys(settings)
    .map((name): [PropertyKey, unknown] => [name, Reflect.get(settings, name)])
    .filter(([name, value]) => value !== undefined && !(name === "noDeadline" && value === false));
}

function addAll(names: Set<string>, members: readonly [PropertyKey, unknown][]): void {
  for (const [name] of members) {
    names.add(name as string);
  }
}
