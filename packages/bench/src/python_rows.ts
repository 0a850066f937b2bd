/** A row of the benchmarks in `python/rows.py`, by the name it has there. */
export interface PythonRow {
  readonly row: string;
  readonly name: string;
  /** Calls a server, which is that of Go. */
  readonly loopback?: boolean;
}

/** Row that tells whether times of a run mean anything. */
export const PYTHON_CONTROL: PythonRow = { row: "control", name: "py: A/A: bare against bare" };

/** The SDK for Python, and what others use, against the bare Connect client for Python. */
export const PYTHON_COMPARED: readonly PythonRow[] = [
  PYTHON_CONTROL,
  { row: "sync", name: "py: sync, unary, all policies" },
  { row: "async", name: "py: async, unary, all policies" },
  { row: "loopback_sync_http1", name: "py: sync, loopback, HTTP/1.1", loopback: true },
  { row: "loopback_sync_h2c", name: "py: sync, loopback, h2c", loopback: true },
  { row: "loopback_async_http1", name: "py: async, loopback, HTTP/1.1", loopback: true },
  { row: "loopback_async_h2c", name: "py: async, loopback, h2c", loopback: true },
  { row: "httpx_sync", name: "py: sync, loopback, HTTP/1.1, httpx", loopback: true },
  { row: "grpcio_sync", name: "py: sync, loopback, h2c, grpcio", loopback: true },
  { row: "httpx_async", name: "py: async, loopback, HTTP/1.1, httpx", loopback: true },
  { row: "grpcio_async", name: "py: async, loopback, h2c, grpcio", loopback: true },
];

/** The import of a stub alone, and of the SDK beside it. */
export const PYTHON_IMPORT = {
  name: "py: import, one service, with the SDK",
  base: ["ameide_core_proto.ameide.meter.v1.meter_connect"],
  other: ["ameide_core_proto.ameide.meter.v1.meter_connect", "ameide_sdk"],
} as const;
