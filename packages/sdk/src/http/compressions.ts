import { Code, ConnectError } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import type { ZlibOptions } from "node:zlib";

/** Codings of Node.js (RFC 9110, section 8.4.1). Its module for them is loaded by the first use. */
export const COMPRESSIONS = {
  gzip: /* @__PURE__ */ coding("gzip", "gzip", "gunzip"),
  br: /* @__PURE__ */ coding("br", "brotliCompress", "brotliDecompress"),
};

type Step = "gzip" | "gunzip" | "brotliCompress" | "brotliDecompress";
type Made = (error: Error | null, bytes: Uint8Array) => void;
type Take = (bytes: Uint8Array, options: ZlibOptions, made: Made) => void;

function coding(name: string, pack: Step, unpack: Step): Compression {
  return {
    name,
    compress: async (bytes) => owned(await run(pack, bytes, {})),
    async decompress(bytes, readMaxBytes) {
      if (bytes.length === 0) {
        return new Uint8Array();
      }
      try {
        return owned(await run(unpack, bytes, { maxOutputLength: readMaxBytes }));
      } catch (reason) {
        throw unpackError(reason, readMaxBytes);
      }
    },
  };
}

function run(step: Step, bytes: Uint8Array, options: ZlibOptions): Promise<Uint8Array> {
  const take: Take = process.getBuiltinModule("node:zlib")[step];
  return new Promise((resolve, reject) => {
    take(bytes, options, (error, made) => (error === null ? resolve(made) : reject(error)));
  });
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
