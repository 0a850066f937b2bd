import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";
import {
  bits,
  explicit,
  implicit,
  integer,
  octets,
  oid,
  sequence,
  set,
  time,
  utf8,
  yes,
} from "./der.js";

/** A certificate authority that lives as long as its object. */
export interface Authority {
  /** PEM, for the client's list of trusted authorities. */
  readonly cert: string;
  /** Makes a certificate for a server or a client, signed by this authority. */
  issue(request: CertificateRequest): Certificate;
}

export interface CertificateRequest {
  /** DNS names and IPv4 addresses that the certificate is for. */
  readonly hosts: readonly string[];
  /** Default: an hour ago. */
  readonly notBefore?: Date;
  /** Default: a day from now. One in the past makes an expired certificate. */
  readonly notAfter?: Date;
}

/** Value of the server's option `tls`. */
export interface Certificate {
  /** PKCS #8, PEM. */
  readonly key: string;
  /** PEM. */
  readonly cert: string;
}

const HOUR = 3_600_000;
const ECDSA_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));

/**
 * Creates an authority with a P-256 key of its own; it is trusted only by clients that are told to.
 */
export function createAuthority(name = "fault server authority"): Authority {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = commonName(name);
  const issuerId = keyId(publicKey);
  const make = (subject: Buffer, key: KeyObject, request: CertificateRequest, more: Buffer[]) => {
    const from = request.notBefore ?? new Date(Date.now() - HOUR);
    const to = request.notAfter ?? new Date(Date.now() + 24 * HOUR);
    const extensions = [
      ...more,
      extension("2.5.29.14", octets(keyId(key))),
      extension("2.5.29.35", sequence(implicit(0, issuerId))),
    ];
    const content = sequence(
      explicit(0, integer(Buffer.from([2]))),
      integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
      ECDSA_SHA256,
      issuer,
      sequence(time(from), time(to)),
      subject,
      key.export({ type: "spki", format: "der" }),
      explicit(3, sequence(...extensions)),
    );
    return pem(sequence(content, ECDSA_SHA256, bits(sign("sha256", content, privateKey))));
  };
  return {
    cert: make(issuer, publicKey, { hosts: [] }, [
      critical("2.5.29.19", sequence(yes)),
      critical("2.5.29.15", bits(Buffer.from([0x06]), 1)),
    ]),
    issue(request) {
      const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const cert = make(commonName(request.hosts[0] ?? "nobody"), pair.publicKey, request, [
        critical("2.5.29.19", sequence()),
        critical("2.5.29.15", bits(Buffer.from([0x80]), 7)),
        extension("2.5.29.37", sequence(oid("1.3.6.1.5.5.7.3.1"), oid("1.3.6.1.5.5.7.3.2"))),
        extension("2.5.29.17", sequence(...request.hosts.map(alternativeName))),
      ]);
      return { key: pair.privateKey.export({ type: "pkcs8", format: "pem" }) as string, cert };
    },
  };
}

function alternativeName(host: string): Buffer {
  if (isIPv6(host)) {
    throw new Error(`IPv6 addresses are not supported in certificates: ${host}`);
  }
  return isIPv4(host)
    ? implicit(7, Buffer.from(host.split(".").map(Number)))
    : implicit(2, Buffer.from(host, "latin1"));
}

function commonName(name: string): Buffer {
  return sequence(set(sequence(oid("2.5.4.3"), utf8(name))));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), octets(value));
}

function critical(id: string, value: Buffer): Buffer {
  return sequence(oid(id), yes, octets(value));
}

/** RFC 5280, section 4.2.1.2, method 1, over the uncompressed point that ends the SPKI. */
function keyId(key: KeyObject): Buffer {
  const point = key.export({ type: "spki", format: "der" }).subarray(-65);
  return createHash("sha1").update(point).digest();
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
