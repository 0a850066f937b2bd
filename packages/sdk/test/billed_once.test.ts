import { startReferenceServer } from "@ameideio/reference-server";
import { describe, expect, it, onTestFinished } from "vitest";
import { LEVELS } from "./harness/scripted_call.js";
import { HTTP_VERSIONS, wired } from "./harness/socket_call.js";

describe.each(HTTP_VERSIONS)("over HTTP/%s", (httpVersion) => {
  it("a request the server acted on before the reset is billed once", async () => {
    const upstream = await startReferenceServer();
    onTestFinished(() => upstream.close());
    const { server, client } = await wired({
      script: {
        attempts: [{ forward: { cut: { after: "nothing", how: "reset" } } }],
        otherwise: { forward: {} },
      },
      httpVersion,
      upstream: upstream.url,
    });
    await LEVELS.keyed(client);
    expect(server.requests).toHaveLength(2);
    expect(upstream.usageRecords()).toHaveLength(1);
  });
});
