import { X509Certificate } from "node:crypto";
import { request } from "node:https";
import { connect, type PeerCertificate } from "node:tls";
import { afterEach, expect, test } from "vitest";
import { createAuthority, type FaultServer, startFaultServer } from "../src/index.js";
import { ask2, session2 } from "./harness/clients.js";

let server: FaultServer;
afterEach(() => server.close());

const authority = createAuthority();
const good = authority.issue({ hosts: ["localhost", "127.0.0.1"] });
const hello = { respond: { status: 200, body: { text: "hello" } } };

/** Status and body over HTTP/1.1 with TLS, or the code of the error. */
function get(url: string, ca: string = authority.cert): Promise<string> {
  return new Promise((resolve) => {
    const outgoing = request(url, { ca, agent: false }, (incoming) => {
      let body = `${incoming.statusCode} `;
      incoming.on("data", (chunk) => (body += chunk));
      incoming.on("end", () => resolve(body));
      incoming.on("error", (reason: NodeJS.ErrnoException) => resolve(`${reason.code}`));
    });
    outgoing.on("error", (reason: NodeJS.ErrnoException) => resolve(`${reason.code}`));
    outgoing.end();
  });
}

test("HTTP/1.1 and HTTP/2 over TLS, the latter by ALPN", async () => {
  server = await startFaultServer({ tls: good, script: { otherwise: hello } });
  expect(server.url).toMatch(/^https:\/\//);
  expect(await get(server.url)).toBe("200 hello");
  const session = session2(server.url, { ca: authority.cert });
  expect((await ask2(session)).body).toBe("hello");
  expect(session.alpnProtocol).toBe("h2");
  session.destroy();
  expect(server.requests.map((r) => r.httpVersion)).toEqual(["1.1", "2"]);
});

test("wrong host, expired, not yet valid, unknown authority", async () => {
  const hour = 3_600_000;
  const past = {
    notBefore: new Date(Date.now() - 2 * hour),
    notAfter: new Date(Date.now() - hour),
  };
  const cases = [
    [authority.issue({ hosts: ["acme.test", "10.0.0.1"] }), "ERR_TLS_CERT_ALTNAME_INVALID"],
    [authority.issue({ hosts: ["127.0.0.1"], ...past }), "CERT_HAS_EXPIRED"],
    [
      authority.issue({ hosts: ["127.0.0.1"], notBefore: new Date(Date.now() + hour) }),
      "CERT_NOT_YET_VALID",
    ],
    [createAuthority("other").issue({ hosts: ["127.0.0.1"] }), "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  ] as const;
  for (const [tls, code] of cases) {
    server = await startFaultServer({ tls, script: { otherwise: hello } });
    expect(await get(server.url)).toBe(code);
    expect(server.requests).toEqual([]);
    await server.close();
  }
});

test("the certificate says what it was asked to say", () => {
  const cert = new X509Certificate(good.cert);
  expect(cert.subjectAltName).toBe("DNS:localhost, IP Address:127.0.0.1");
  expect(cert.verify(new X509Certificate(authority.cert).publicKey)).toBe(true);
  expect(cert.checkIssued(new X509Certificate(authority.cert))).toBe(true);
  const late = authority.issue({ hosts: ["a"], notAfter: new Date("2099-01-02T03:04:05Z") });
  expect(new X509Certificate(late.cert).validTo).toBe("Jan  2 03:04:05 2099 GMT");
});

test("reset on_connect breaks the handshake, before_read comes after it", async () => {
  server = await startFaultServer({
    tls: good,
    script: { attempts: [{ reset: "on_connect" }, { reset: "before_read" }, hello] },
  });
  const secure = () =>
    new Promise<string[]>((resolve) => {
      const events: string[] = [];
      const { port } = server;
      const socket = connect({ port, host: "127.0.0.1", ca: authority.cert }, () => {
        const peer: PeerCertificate = socket.getPeerCertificate();
        events.push(`secure ${String(peer.subject.CN)}`);
        socket.write("GET / HTTP/1.1\r\n\r\n");
      });
      socket.on("error", (reason: NodeJS.ErrnoException) => events.push(`${reason.code}`));
      socket.on("close", () => resolve(events));
    });
  expect(await secure()).toEqual(["ECONNRESET"]);
  expect(await secure()).toEqual(["secure localhost", "ECONNRESET"]);
  expect(await get(server.url)).toBe("200 hello");
});

test("a handshake that never goes on", async () => {
  server = await startFaultServer({ tls: good, script: { attempts: [{ stall: "on_connect" }] } });
  const socket = connect({ port: server.port, host: "127.0.0.1", ca: authority.cert });
  socket.on("error", () => {});
  await server.until(() => server.requests.length === 1);
  expect(socket.authorized).toBe(false);
  socket.destroy();
  await server.until(() => server.requests[0]?.closedEarly === true);
});
