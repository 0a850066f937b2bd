/** Version of this package; stamped by the release. */
export const version = "0.0.0";

/** Version of Connect this package was built and tested with. */
export const connectVersion = "2.1.2";

/** `user-agent` header of Connect's own transports, which observe mode sends. */
export const connectAgent = `connect-es/${connectVersion}`;

/**
 * Returns the `user-agent` header: product tokens (RFC 9110, section 10.1.5), cut to `maxBytes`.
 */
export function userAgent(
  maxBytes: number,
  runs: { readonly runtime: string; readonly system: string } | undefined,
  appName: string | undefined,
): string {
  const products = [`ameide-sdk-ts/${version}`, `connect-ts/${connectVersion}`];
  if (runs !== undefined) {
    products.push(`${runs.runtime} (${runs.system})`);
  }
  const whole = [...products, ...(appName === undefined ? [] : [appName])].join(" ");
  return whole.slice(0, maxBytes).trimEnd();
}
