import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

/** Certificate of a server, and the authority it demands of its clients. All PEM. */
export interface ServerTls {
  /** Private key. */
  key: string;
  /** Certificate chain. */
  cert: string;
  /**
   * Authority whose certificate clients must show: connections without one are refused. Default:
   * clients are not asked for a certificate.
   */
  clientAuthority?: string;
}

/** Callbacks for the connections of a port. */
export interface Connections {
  /** Called when a connection was accepted. Nothing has been read of it. */
  onAccept: (socket: Socket) => void;
  /**
   * Called when the HTTP version of a connection is known. Under TLS, `socket` is the decrypted
   * side of `accepted`; otherwise they are the same.
   */
  onVersion: (connection: { accepted: Socket; socket: Socket; speaksHttp2: boolean }) => void;
}

// The client's connection preface (RFC 9113, section 3.4).
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

// Half-open as in node:http: a client may end its side and still read.
const SOCKET = { allowHalfOpen: true, noDelay: true };

/**
 * Opens a port that speaks HTTP/1.1 and HTTP/2. Without TLS, the first bytes of a connection say
 * which (prior knowledge, RFC 9113, section 3.3); with TLS, ALPN does (RFC 9113, section 3.2), and
 * a client that does not negotiate speaks HTTP/1.1.
 *
 * @throws Error, in one line, if the port is in use.
 */
export async function accept(
  address: { host: string; port: number; tls?: ServerTls | undefined },
  connections: Connections,
): Promise<{ port: number; server: Server }> {
  const server = address.tls ? secure(address.tls, connections) : cleartext(connections);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const inUse = `port ${address.port} on ${address.host} is in use; pick another, or 0 for a free one`;
      reject(error.code === "EADDRINUSE" ? new Error(inUse, { cause: error }) : error);
    });
    server.listen(address.port, address.host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, server };
}

function cleartext({ onAccept, onVersion }: Connections): Server {
  return createServer(SOCKET, (socket) => {
    onAccept(socket);
    socket.on("error", () => socket.destroy());
    sniff(socket, (speaksHttp2) => onVersion({ accepted: socket, socket, speaksHttp2 }));
  });
}

function secure(
  { key, cert, clientAuthority }: ServerTls,
  { onAccept, onVersion }: Connections,
): Server {
  const clients = clientAuthority && { ca: clientAuthority, requestCert: true };
  const options = { ...SOCKET, key, cert, ALPNProtocols: ["h2", "http/1.1"], ...clients };
  // A TLS socket does not refer to the one it decrypts, but both have the same peer.
  const handshakes = new Map<string, Socket>();
  const peer = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
  const server = createTlsServer(options, (socket) => {
    socket.on("error", () => socket.destroy());
    const accepted = handshakes.get(peer(socket)) ?? socket;
    onVersion({ accepted, socket, speaksHttp2: socket.alpnProtocol === "h2" });
  });
  return server.on("connection", (socket: Socket) => {
    const name = peer(socket);
    handshakes.set(name, socket);
    socket.once("close", () => handshakes.delete(name));
    onAccept(socket);
  });
}

/** Reads until the version is known, and returns the read bytes to the socket. */
function sniff(socket: Socket, decide: (speaksHttp2: boolean) => void): void {
  let seen = Buffer.alloc(0);
  const end = () => socket.destroy();
  const read = () => {
    seen = Buffer.concat([seen, (socket.read() as Buffer | null) ?? Buffer.alloc(0)]);
    const length = Math.min(seen.length, PREFACE.length);
    const matches = seen.subarray(0, length).equals(PREFACE.subarray(0, length));
    if (matches && length < PREFACE.length) {
      return;
    }
    socket.off("readable", read);
    socket.off("end", end);
    socket.unshift(seen);
    decide(matches);
  };
  socket.on("readable", read);
  socket.on("end", end);
}
