import { createRequire } from "node:module";
import { ConformanceService } from "@ameideio/conformance-proto";
import { type Check, equal } from "../check.js";
import type { EntryPoint } from "../place.js";

/** For runtimes that have `node:module`; a bundle has nothing to require. */
export const REQUIRE: Check = {
  id: "require",
  title: "`require()`, which gets CommonJS",
  async run(here) {
    const require = createRequire(import.meta.url);
    const entry = `@ameideio/ameide-sdk-ts/${here.entry}`;
    equal(/[\\/]cjs[\\/]/.test(require.resolve(entry)), true, "CommonJS");
    const required = require(entry) as { createAmeideTransport: EntryPoint["createTransport"] };
    const transport = required.createAmeideTransport({
      baseUrl: here.place.witness.http1,
      allowInsecureLoopback: true,
    });
    const { text } = await here.clientOver(ConformanceService, transport).idempotent({});
    transport.close();
    equal(text.startsWith("{"), true, "answer");
  },
};
