import { Code, ConnectError } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import { promisify } from "node:util";
import { brotliCompress, brotliDecompress, gunzip, gzip, type ZlibOptions } from "node:zlib";

type Pack = (bytes: Uint8Array) => Promise<Uint8Array>;
type Unpack = (bytes: Uint8Array, options: ZlibOptions) => Promise<Uint8Array>;

/** Codings of Node.js (RFC 9110, section 8.4.1). */
export const COMPRESSIONS = {
  gzip: /* @__PURE__ */ coding("gzip", promisify(gzip) as Pack, promisify(gunzip) as Unpack),
  br: /* @__PURE__ */ coding(
    "br",
    promisify(brotliCompress) as Pack,
    promisify(brotliDecompress) as Unpack,
  ),
};

function coding(name: string, pack: Pack, unpack: Unpack): Compression {
  return {
    name,
    compress: async (bytes) => owned(await pack(bytes)),
    async decompress(bytes, readMaxBytes) {
      if (bytes.length === 0) {
        return new Uint8Array();
      }
      try {
        return owned(await unpack(bytes, { maxOutputLength: readMaxBytes }));
      } catch (reason) {
        throw unpackError(reason, readMaxBytes);
      }
    },
  };
}

function unpackError(reason: unknown, readMaxBytes: number): ConnectError {
  const { code = "" } = Object(reason) as { readonly code?: string };
  const isTooLarge = code === "ERR_BUFFER_TOO_LARGE";
  const isBroken = /^(Z_DATA_ERROR|ERR_PADDING_2|ERR__ERROR_FORMAT_.*)$/.test(code);
  const ofBroken = isBroken ? Code.InvalidArgument : Code.Internal;
  const error = new ConnectError(
    isTooLarge
      ? `the message has more than ${readMaxBytes} bytes, decompressed, which readMaxBytes allows`
      : "decompression failed",
    isTooLarge ? Code.ResourceExhausted : ofBroken,
  );
  error.cause = reason;
  return error;
}

function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? (bytes as Uint8Array<ArrayBuffer>)
    : new Uint8Array(bytes);
}
