import { inspect } from "node:util";
import { ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { failureOf, LEVELS, scripted } from "./harness/scripted_call.js";
import { connectError } from "./harness/scripted_client.js";
import { AmeideError, isAmeideError } from "../src/index.js";

describe("an error", () => {
  it("is a ConnectError to Connect, and known by its brand", async () => {
    const { client } = scripted({ answers: [connectError("aborted", 409)] });
    const error = await failureOf(LEVELS.unknown(client));
    expect(error).toBeInstanceOf(AmeideError);
    expect(error).toBeInstanceOf(ConnectError);
    expect(ConnectError.from(error)).toBe(error);
    expect(AmeideError.from(error)).toBe(error);
    expect(String(error)).toMatch(/^AmeideError: \[aborted\] scripted aborted/);
    expect(error.toJSON()["name"]).toBe("AmeideError");
    const brand = { [Symbol.for("ameide.sdk.error")]: { value: true } };
    expect(isAmeideError(Object.create(null, brand))).toBe(true);
    expect(new ConnectError("x")).not.toBeInstanceOf(AmeideError);
    expect(isAmeideError(null)).toBe(false);
  });

  it("has no secret in it, however long the secret is", async () => {
    const secret = "s3cr3t-V".repeat(50_000);
    const { client } = scripted({
      answers: [
        {
          ...connectError("aborted", 409),
          body: { code: "aborted", message: `no ${secret.toLowerCase()}!` },
        },
      ],
      options: { auth: { token: secret }, retry: false },
    });
    const error = await failureOf(LEVELS.unknown(client));
    expect(error).toBeInstanceOf(AmeideError);
    expect(error.rawMessage).toBe("no REDACTED!");
  });

  it("shows no secret, however Node prints it", async () => {
    const SECRET = "s3cr3t";
    const headers = { "set-cookie": `session=${SECRET}`, "x-debug": SECRET };
    const { client } = scripted({
      answers: [connectError("not_found", 404, headers)],
      options: {
        auth: { token: `token-${SECRET}` },
        headers: { "x-own": SECRET },
        httpGet: true,
        tenant: "acme",
      },
    });
    const error = await failureOf(client.threads.getThread({ threadId: `thread-${SECRET}` }));
    const forms = [inspect(error), error.stack ?? ""];
    for (const text of forms) {
      expect(text).toContain("scripted not_found");
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain("connect=v1");
    }
    // Whoever asks for the response headers gets them.
    expect(error.metadata.get("x-debug")).toBe(SECRET);
  });
});
