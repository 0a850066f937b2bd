import type { SecureContextOptions } from "node:tls";
import { checkTls } from "../options/check_options.js";
import { configError } from "../errors/errors.js";
import type { TlsOptions, TlsSource } from "../options/options.js";
import { readOptions } from "../errors/read_options.js";
import { IS_NODE } from "./is_node.js";

/** Checked TLS material, as Node takes it. */
export interface TlsMaterial {
  /** Identifies the material without revealing it. */
  readonly id: string;
  /** Authorities alone, for peers other than the server itself, which get no certificate. */
  readonly authorities: SecureContextOptions;
  readonly own: SecureContextOptions;
}

const PEM_RULE = "must be PEM; where it is the path of a file, read the file";
const CERTIFICATE = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END [A-Z0-9 ]+-----/g;
const KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

const looked = new WeakMap<TlsOptions, { readonly texts: string; readonly made: TlsMaterial }>();
const sources = new WeakMap<TlsSource, string>();
let lastSource = 0;

/** Identifies the TLS material of a client's connections. A function is identified by itself. */
export function tlsId(tls: TlsMaterial | TlsSource): string {
  if (typeof tls !== "function") {
    return tls.id;
  }
  let id = sources.get(tls);
  if (id === undefined) {
    id = `function ${++lastSource}`;
    sources.set(tls, id);
  }
  return id;
}

/**
 * Checks TLS material, once for each object and its content.
 *
 * @throws AmeideError CONFIG_INVALID naming the member and the rule, never its value.
 */
export function tlsMaterial(tls: TlsOptions): TlsMaterial {
  return readOptions("tls", () => {
    checkTls(tls);
    const parts = [textOf(tls.ca), textOf(tls.certificate), textOf(tls.key)] as const;
    const texts = parts.join("\0");
    let { made } = looked.get(tls) ?? {};
    if (made === undefined || looked.get(tls)?.texts !== texts) {
      made = look(parts);
      looked.set(tls, { texts, made });
    }
    return made;
  });
}

type Text = string | undefined;

function look([ca, cert, key]: readonly [ca: Text, cert: Text, key: Text]): TlsMaterial {
  certificates(ca, "tls.ca");
  const [own] = certificates(cert, "tls.certificate");
  if (key !== undefined && !KEY.test(key)) {
    throw configError("tls.key", PEM_RULE);
  }
  if ((cert === undefined) !== (key === undefined)) {
    const [option, other] =
      cert === undefined ? ["tls.key", "certificate"] : ["tls.certificate", "key"];
    throw configError(option, `needs tls.${other} beside it`);
  }
  if (key !== undefined) {
    checkKey(key, own);
  }
  const { createHash } = process.getBuiltinModule("node:crypto");
  const authorities = ca === undefined ? {} : { ca };
  return {
    id: createHash("sha256")
      .update(JSON.stringify([ca, cert, key]))
      .digest("hex"),
    authorities: context(authorities),
    own: context({ ...authorities, ...(cert !== undefined && key !== undefined && { cert, key }) }),
  };
}

// Creates a context once, as that takes longer than the rest of a connection. Other runtimes than
// Node may ignore it.
function context(options: SecureContextOptions): SecureContextOptions {
  if (Object.keys(options).length === 0) {
    return options;
  }
  const { createSecureContext } = process.getBuiltinModule("node:tls");
  return { ...options, ...(IS_NODE && { secureContext: createSecureContext(options) }) };
}

function textOf(value: string | Uint8Array | undefined): string | undefined {
  return value === undefined || typeof value === "string" ? value : new TextDecoder().decode(value);
}

function certificates(text: string | undefined, option: string): readonly string[] {
  if (text === undefined) {
    return [];
  }
  const found = text.match(CERTIFICATE) ?? [];
  if (found.length === 0) {
    throw configError(option, PEM_RULE);
  }
  if (IS_NODE) {
    const { X509Certificate } = process.getBuiltinModule("node:crypto");
    for (const each of found) {
      refuse(option, "holds a certificate that cannot be read", () => new X509Certificate(each));
    }
  }
  return found;
}

function checkKey(key: string, certificate: string | undefined): void {
  if (!IS_NODE) {
    return;
  }
  const { createPrivateKey, X509Certificate } = process.getBuiltinModule("node:crypto");
  const rule = "cannot be read; it must be one private key in PEM, not encrypted";
  const read = refuse("tls.key", rule, () => createPrivateKey(key));
  if (certificate !== undefined && !new X509Certificate(certificate).checkPrivateKey(read)) {
    throw configError("tls.key", "is not the key of tls.certificate");
  }
}

// OpenSSL's message may quote its input.
function refuse<T>(option: string, rule: string, read: () => T): T {
  try {
    return read();
  } catch {
    throw configError(option, rule);
  }
}
