import process from "node:process";
import type { AmeideOptions } from "@ameideio/ameide-sdk-ts";
import {
  createMemoryHttpClient,
  createVirtualClock,
  type IntegrationMode,
  withTestRuntime,
} from "@ameideio/ameide-sdk-ts/testing";
import type { UniversalClientFn } from "@connectrpc/connect/protocol";
import { createNodeHttpClient } from "@connectrpc/connect-node";
import { createStore, routes } from "@ameideio/reference-server";
import { clusterOptions } from "../../../src/integration/cluster.js";
import { startServerProcess } from "../server_process.js";

/** Servers that the suite calls. */
export interface Target {
  /** Options of a client that may call them: address, tenant and token. */
  readonly options: AmeideOptions;
  /** HTTP client that reaches them, for a test to stand in front of. */
  readonly client: UniversalClientFn;
  readonly close: () => Promise<void>;
}

const TENANT = "acme";
const TOKEN = "token-of-the-suite";
const SCOPES = ["threads.read", "threads.write"];

/** Opens what a mode calls. */
export async function openTarget(mode: IntegrationMode): Promise<Target> {
  switch (mode) {
    case "repo":
      return inMemory();
    case "local":
      return startProcess();
    case "cluster":
      return { options: clusterOptions(process.env), client: sockets(), close: async () => {} };
  }
}

function inMemory(): Target {
  const claims = { subject: "suite", organizationId: TENANT, scopes: SCOPES };
  const store = createStore({ auth: "required", tokens: [{ token: TOKEN, claims }] });
  const clock = createVirtualClock({ autoAdvance: true });
  const client = createMemoryHttpClient(routes(store), clock);
  const options = {
    baseUrl: "https://memory.test",
    transport: client,
    tenant: TENANT,
    auth: { token: TOKEN },
  };
  return {
    options: withTestRuntime(options, { clock }),
    client,
    close: async () => {},
  };
}

async function startProcess(): Promise<Target> {
  const { url, close } = await startServerProcess(TOKEN, TENANT);
  return {
    options: {
      baseUrl: url,
      allowInsecureLoopback: true,
      tenant: TENANT,
      auth: { token: TOKEN },
    },
    client: sockets(),
    close,
  };
}

function sockets(): UniversalClientFn {
  return createNodeHttpClient({ httpVersion: "1.1" });
}
