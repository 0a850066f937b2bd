import { call, isAmeideError } from "@ameideio/ameide-sdk-ts";
import { type AmeideClient, createAmeideClient } from "@ameideio/ameide-sdk-ts/client";
import { Code } from "@connectrpc/connect";

let ameide: AmeideClient | undefined;

export default {
  async fetch(request: Request, env: { BASE_URL?: string }): Promise<Response> {
    ameide ??= createAmeideClient({
      baseUrl: env.BASE_URL ?? "http://127.0.0.1:8080",
      allowInsecureLoopback: true, // only for http to this machine
      tenant: "acme",
    });
    const { signal } = request;
    // The caller of this worker waits no longer than 5 s.
    const options = { signal, ...call({ timeoutMs: 5_000 }) };
    try {
      if (request.method === "POST") {
        const { thread } = await ameide.threads.createThread(
          { title: await request.text() },
          options,
        );
        return Response.json({ id: thread?.id, title: thread?.title }, { status: 201 });
      }
      const threadId = new URL(request.url).pathname.split("/").at(-1) ?? "";
      const { thread } = await ameide.threads.getThread({ threadId }, options);
      return Response.json({ id: thread?.id, title: thread?.title });
    } catch (error) {
      if (!isAmeideError(error)) {
        throw error;
      }
      const status = error.code === Code.NotFound ? 404 : 502;
      return Response.json({ explanation: error.explanation }, { status });
    }
  },
};
