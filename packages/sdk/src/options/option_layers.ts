import type { AmeideOptions, Settings } from "./options.js";

/**
 * What a client was made with: its options, then those of what it was derived
 * from, the nearest first.
 */
export type OptionLayers = readonly [AmeideOptions, ...AmeideOptions[]];

type Members = Readonly<Record<PropertyKey, unknown>>;

/**
 * The same without what nearer layers state anyway. However long a chain of
 * derived clients is, it keeps one value of each option, and no credential that
 * is used no more.
 *
 * @param layers - Checked.
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

/** What the layers so far state. */
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

  // What of a value still counts. An option of which members count stays until all are stated.
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

// To have no deadline is stated, to have one is not.
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
