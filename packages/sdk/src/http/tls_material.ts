import type { TlsOptions } from "../options.js";

/** TLS material as Node's clients take it. */
export function tlsMaterial(tls: TlsOptions | undefined): Record<string, string | Buffer> {
  const material: Record<string, string | Buffer> = {};
  for (const [name, value] of [
    ["ca", tls?.ca],
    ["cert", tls?.certificate],
    ["key", tls?.key],
  ] as const) {
    if (value !== undefined) {
      material[name] = typeof value === "string" ? value : Buffer.from(value);
    }
  }
  return material;
}
