import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";

export const make = (baseUrl: string) =>
  createClient(ThreadsService, createConnectTransport({ baseUrl }));
