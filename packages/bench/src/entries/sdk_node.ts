import { createClient } from "@connectrpc/connect";
import { createAmeideTransport } from "@ameideio/ameide-sdk-ts/node";
import { ThreadsService } from "@ameideio/ameide-sdk-ts/threads/v1";

export const make = (baseUrl: string) =>
  createClient(ThreadsService, createAmeideTransport({ baseUrl }));
