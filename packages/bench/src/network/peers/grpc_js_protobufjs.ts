import { loadSync, type ServiceDefinition } from "@grpc/proto-loader";
import { fileURLToPath } from "node:url";
import { InferenceService } from "@ameideio/core-proto/ameide/inference/v1";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";
import type { PeerMaker } from "../peer.js";
import { grpcJsPeer } from "./grpc_js.js";

const PROTOS = ["proto", "third_party/protovalidate", "third_party/googleapis"].map((folder) =>
  fileURLToPath(new URL(`../../../../../${folder}`, import.meta.url)),
);

export const makePeer: PeerMaker = (address) => {
  // The options that the documentation of gRPC for Node.js uses, but for the case of names.
  const loaded = loadSync(["ameide/meter/v1/meter.proto", "ameide/inference/v1/inference.proto"], {
    includeDirs: PROTOS,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const method = (service: string, name: string) => {
    const found = (loaded[service] as ServiceDefinition | undefined)?.[name];
    if (found === undefined) {
      throw new Error(`proto-loader found no ${service}/${name}`);
    }
    return found;
  };
  return grpcJsPeer(
    address,
    method(MeterService.typeName, MeterService.method.recordUsage.name),
    method(InferenceService.typeName, InferenceService.method.generate.name),
  );
};
