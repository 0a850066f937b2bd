import { type AmeideError, configError } from "../errors/errors.js";

/**
 * Returns a function that refuses addresses of another origin than the base address: requests carry
 * credentials.
 */
export function refuseOtherOrigin(baseUrl: string): (url: string) => AmeideError | undefined {
  const { origin } = new URL(baseUrl);
  const prefix = `${origin}/`;
  return (url) =>
    url.startsWith(prefix) || new URL(url).origin === origin
      ? undefined
      : configError("interceptors", "must not change the origin of a request");
}
