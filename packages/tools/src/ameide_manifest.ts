#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { main, projectCommands } from "@ameideio/manifest/project";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

await main(
  projectCommands({
    typescript: here("inspector.js"),
    go: here("_inspector_go"),
    python: here("_inspector_python"),
    policyProto: here("policy.proto"),
  }),
);
