import { configError } from "../errors/errors.js";
import { includesHost } from "../options/insecure_hosts.js";

/** Rules a base address has to keep, beyond those of every address. */
export interface BaseUrlRules {
  /** Name of the address in errors: an option or a variable. */
  readonly option: string;
  readonly allowInsecureLoopback: boolean;
  readonly allowInsecureHosts: readonly string[];
}

/**
 * Reads a base address. The URL it returns is the one that is used, so an address that the URL
 * Standard would turn into another (`https://2130706433`, `https:\\host`, `https://host/a/../b`) is
 * refused: a check of the text would have seen something else.
 *
 * @throws AmeideError CONFIG_INVALID. It never holds the address.
 */
export function readBaseUrl(text: string, rules: BaseUrlRules): URL {
  const { option, allowInsecureLoopback, allowInsecureHosts } = rules;
  if (HOST_ALONE.test(text)) {
    throw configError(option, "needs its scheme, for instance https://api.example.com");
  }
  const url = parse(text);
  if (url === undefined) {
    throw configError(option, "must be a URL", text);
  }
  if (url.username !== "" || url.password !== "" || /[?#]/.test(text)) {
    throw configError(option, "must have no user, password, query or fragment");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw configError(option, "must be https, or http where that is allowed");
  }
  if (!isAsUsed(text, url)) {
    throw configError(
      option,
      "must be written as it is used: https://host/path in visible ASCII, names in punycode, " +
        "IP addresses in full, no backslashes and no empty, . or .. segments",
    );
  }
  if (url.port === "0") {
    throw configError(option, "must have a port from 1 to 65535");
  }
  if (url.protocol === "https:" || includesHost(allowInsecureHosts, url.hostname)) {
    return url;
  }
  if (!isLoopback(url.hostname)) {
    throw configError(
      option,
      "must be https: plain http is for loopback addresses and for hosts that allowInsecureHosts lists",
    );
  }
  if (!allowInsecureLoopback) {
    throw configError(option, "plain http to a loopback address needs allowInsecureLoopback: true");
  }
  return url;
}

// Matches `api.example.com` and `localhost:8080`, whose host the URL Standard takes for a scheme.
const HOST_ALONE = /^[\w.-]+(:\d+)?(\/|$)/;

/** Reports whether a text is an address of this origin. */
export function isOfOrigin(text: string | undefined, origin: string): boolean {
  const url = text === undefined ? undefined : parse(text);
  return url !== undefined && url.origin === origin && isAsUsed(text as string, url);
}

/** Removes slashes at the end of an address, so that paths can be appended. */
export function withoutSlash(text: string): string {
  let end = text.length;
  while (text[end - 1] === "/") {
    end--;
  }
  return text.slice(0, end);
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

// Reports whether a text differs from its URL only in the case of scheme and host, the scheme's
// default port and slashes at the end.
function isAsUsed(text: string, url: URL): boolean {
  const [, authority = "", path = ""] = /^(https?:\/\/[^/]+)(.*)$/i.exec(text) ?? [];
  const ownPort = url.protocol === "https:" ? ":443" : ":80";
  const kept = withoutSlash(path);
  return (
    /^[!-~]+$/.test(text) &&
    [url.origin, url.origin + ownPort].includes(authority.toLowerCase()) &&
    kept === withoutSlash(url.pathname) &&
    !kept.includes("//")
  );
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
