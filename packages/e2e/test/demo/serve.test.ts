import { expect, test } from "vitest";
import { start } from "../harness/command.js";

interface Curl {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

// What a shell and curl make of the printed command: words, -H and -d.
function readCurl(command: string): Curl {
  const words = [...command.replaceAll("\\\n", " ").matchAll(/'([^']*)'|(\S+)/g)].map(
    ([, quoted, plain]) => quoted ?? (plain as string),
  );
  const [program, url = "", ...options] = words;
  expect(program).toBe("curl");
  const valuesOf = (option: string) =>
    options.filter((_, index) => index % 2 === 1 && options[index - 1] === option);
  const headers = valuesOf("-H").map((header) => header.split(/:\s*/, 2) as [string, string]);
  return { url, headers: Object.fromEntries(headers), body: valuesOf("-d").join("&") };
}

async function send({ url, headers, body }: Curl, more: Record<string, string> = {}) {
  const response = await fetch(url, { method: "POST", headers: { ...headers, ...more }, body });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

test("--serve answers the commands it prints, and ends on SIGTERM", async () => {
  const server = start(["--serve", "--port", "0"]);
  const printed = await server.printed(/end with Ctrl-C/);
  const [bill, sum] = [...printed.matchAll(/curl [^]*?'\n/g)].map(([command]) => readCurl(command));
  if (bill === undefined || sum === undefined) {
    throw new Error(`no commands in ${printed}`);
  }
  const key = { [/-H '(idempotency-key): 1'/.exec(printed)?.[1] as string]: "1" };

  expect(await send(bill)).toMatchObject({
    status: 200,
    json: { record: { id: expect.any(String) } },
  });
  expect(await send(sum)).toMatchObject({ json: { total: { recordCount: "1" } } });
  await send(bill);
  await send(bill, key);
  await send(bill, key);
  expect(await send(sum)).toMatchObject({ json: { total: { recordCount: "3" } } });

  // A page of any origin may ask.
  const { url, headers, body } = sum;
  const fromPage = { ...headers, origin: "http://127.0.0.1:8082" };
  const answer = await fetch(url, { method: "POST", headers: fromPage, body });
  await answer.text();
  expect(answer.headers.get("access-control-allow-origin")).toMatch(
    /^(\*|http:\/\/127\.0\.0\.1:8082)$/,
  );

  server.kill("SIGTERM");
  expect(await server.ended).toMatchObject({ code: 0, stderr: "" });
  await expect(fetch(sum.url)).rejects.toThrow("fetch failed");
});

test("a port in use is one clear line", async () => {
  const first = start(["--serve", "--port", "0"]);
  const port = /127\.0\.0\.1:(\d+)/.exec(await first.printed(/Ctrl-C/))?.[1] as string;
  const { code, stdout, stderr } = await start(["--serve", "--port", port]).ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(new RegExp(`^port ${port} .* in use.*--port.*\\n$`));
  first.kill("SIGINT");
  expect((await first.ended).code).toBe(0);
});
