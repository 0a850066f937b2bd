import { configError } from "../errors/errors.js";
import type { AmeideOptions } from "../options/options.js";

/** Proxy, and the credential it is told. */
export interface Proxy {
  readonly host: string;
  readonly port: number;
  /** True if it is spoken to over TLS. */
  readonly secure: boolean;
  /** Credential, which must not appear in any text. */
  readonly authorization: string | undefined;
  /** Place where it was stated. */
  readonly source: string;
}

/** Settings of a process for proxies, besides the options. */
export interface ProxyEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly execArgv: readonly string[];
}

const URL_RULE = "must be an http or https address without a path, such as http://127.0.0.1:3128";
const LOOPBACK = /^(?:(?:.+\.)?localhost\.?|127(?:\.\d+){3}|\[::1\])$/;

/**
 * Returns the proxy on the way to an origin: the option's, or the one that Node's own clients would
 * take by `NODE_USE_ENV_PROXY` or `--use-env-proxy`. Loopback addresses take none: they are this
 * machine's, and a proxy elsewhere has its own.
 *
 * @throws AmeideError CONFIG_INVALID naming option or variable, never its value.
 */
export function proxyOf(
  { proxy: stated }: Pick<AmeideOptions, "proxy">,
  origin: string,
  environment: ProxyEnvironment,
): Proxy | undefined {
  const { hostname, port, protocol } = new URL(origin);
  const found =
    stated === undefined
      ? ofEnvironment(environment, protocol, hostname, port || defaultPort(protocol))
      : stated && parse(String(stated), "proxy", "code: client");
  if (!found) {
    return undefined;
  }
  return LOOPBACK.test(hostname) && !LOOPBACK.test(found.host) ? undefined : found;
}

function ofEnvironment(
  { env, execArgv }: ProxyEnvironment,
  protocol: string,
  hostname: string,
  port: string,
): Proxy | undefined {
  if (!isAsked(env, execArgv)) {
    return undefined;
  }
  const upper = protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const variable = [upper.toLowerCase(), upper].find((name) => env[name]);
  const address = variable && env[variable];
  // Other kinds, such as SOCKS, are meant for other programs.
  if (!variable || !address || !/^https?:\/\//.test(address)) {
    return undefined;
  }
  const list = env["no_proxy"] || env["NO_PROXY"] || "";
  return isExempt(list, hostname, port)
    ? undefined
    : parse(address, variable, `environment: ${variable}`);
}

// As in Node, the flag overrides the variable, and the last flag wins.
function isAsked(env: ProxyEnvironment["env"], execArgv: readonly string[]): boolean {
  const flags = [...(env["NODE_OPTIONS"] ?? "").split(/\s+/), ...execArgv];
  const flag = flags.findLast((each) => /^--(no-)?use-env-proxy$/.test(each));
  return flag === undefined ? env["NODE_USE_ENV_PROXY"] === "1" : flag === "--use-env-proxy";
}

function isExempt(list: string, hostname: string, port: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  return list
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => {
      if (entry === "*" || [host, hostname, `${hostname}:${port}`].includes(entry)) {
        return true;
      }
      if (/^\*?\./.test(entry)) {
        const domain = entry.replace(/^\*?\./, "");
        const named = entry.startsWith(".") && host === domain;
        return domain !== "" && (named || host.endsWith(`.${domain}`));
      }
      return isInRange(entry, host);
    });
}

// Matches `192.168.1.0-192.168.1.255`.
function isInRange(entry: string, host: string): boolean {
  const [from, to] = entry.split("-").map((each) => numberOf(each.trim()));
  const address = numberOf(host);
  return (
    from !== undefined &&
    to !== undefined &&
    address !== undefined &&
    from <= address &&
    address <= to
  );
}

function numberOf(address: string): number | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) {
    return undefined;
  }
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function parse(address: string, option: string, source: string): Proxy {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.pathname !== "/") {
    throw configError(option, URL_RULE);
  }
  if (url.search !== "" || url.hash !== "") {
    throw configError(option, URL_RULE);
  }
  const { hostname, port, protocol } = url;
  return {
    host: hostname,
    port: Number(port || defaultPort(protocol)),
    secure: protocol === "https:",
    authorization: authorizationOf(url, option),
    source,
  };
}

// RFC 7617.
function authorizationOf({ username, password }: URL, option: string): string | undefined {
  if (username === "" && password === "") {
    return undefined;
  }
  try {
    const credential = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(credential).toString("base64")}`;
  } catch {
    throw configError(option, "has a user or password that is not percent-encoded");
  }
}

function defaultPort(protocol: string): string {
  return protocol === "https:" ? "443" : "80";
}
