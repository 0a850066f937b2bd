import { expect, test } from "vitest";
import { type Script, ScriptError, startFaultServer } from "../src/index.js";

async function problem(script: unknown): Promise<string> {
  try {
    const server = await startFaultServer({ script: script as Script });
    await server.close();
    return "none";
  } catch (reason) {
    return reason instanceof ScriptError ? reason.message : `not a ScriptError: ${String(reason)}`;
  }
}

const first = (action: unknown) => problem({ attempts: [action] });
const respond = (more: object) => first({ respond: { status: 200, ...more } });

test.each([
  [problem([]), "script: must be an object, is []"],
  [problem({}), "script: needs attempts or otherwise"],
  [problem({ attempt: [] }), "script.attempt: unknown key, known are attempts, otherwise, routes"],
  [problem({ attempts: {} }), "script.attempts: must be a list, is {}"],
  [first({}), "script.attempts[0]: must have exactly one key of respond, forward, reset"],
  [first({ reset: "late" }), "script.attempts[0].reset: must be one of on_connect, before_read"],
  [first({ respond: {} }), "script.attempts[0].respond.status: is missing"],
  [respond({ status: 99 }), "respond.status: must be an integer 200..599, is 99"],
  [respond({ delay: 1 }), "respond.delay: unknown key, known are status, headers"],
  [respond({ delayMs: -1 }), "respond.delayMs: must be an integer 0..600000, is -1"],
  [respond({ early: "no" }), 'respond.early: must be a boolean, is "no"'],
  [respond({ headers: [["a"]] }), 'respond.headers[0]: must be a [name, value] pair, is ["a"]'],
  [respond({ headers: [["a b", ""]] }), 'respond.headers[0][0]: must be a header name, is "a b"'],
  [respond({ trailers: [["a", "b\nc"]] }), "respond.trailers[0][1]: must be a header value"],
  [respond({ body: "text" }), 'respond.body: must be an object, is "text"'],
  [respond({ body: { base64: "a" } }), 'respond.body.base64: must be base64, is "a"'],
  [respond({ body: { text: "" }, chunks: [] }), "respond: has body and chunks"],
  [respond({ chunks: [{ delayMs: 1 }] }), "respond.chunks[0]: must have exactly one key of text"],
  [respond({ cut: { after: "head" } }), "respond.cut.how: is missing"],
  [respond({ cut: { after: "all", how: "fin" } }), "respond.cut.after: must be one of nothing"],
  [respond({ cut: { after: 1, how: "fin" } }), "cut.after: is 1, but the body has 0 bytes"],
  [
    respond({ cut: { after: 0, how: { rstStream: "NO" } } }),
    "how.rstStream: must be one of NO_ERR",
  ],
  [first({ goaway: {} }), "goaway.lastStream: is missing"],
  [first({ forward: {} }), "script.attempts[0]: forward needs the server's option upstream"],
  [problem({ otherwise: { refuse: {} } }), "script.otherwise: refuse is allowed in attempts only"],
  [problem({ attempts: [{ refuse: {} }, { refuse: {} }] }), "attempts[1]: refuse follows refuse"],
  [problem({ routes: { token: {} } }), 'routes["token"]: must be a path that begins with /'],
  [problem({ routes: { "/a": {} } }), 'script.routes["/a"]: needs attempts or otherwise'],
  [
    problem({ routes: { "/a": { attempts: [{ fin: "before_read" }] } } }),
    'script.routes["/a"].attempts[0]: acts before the path is known',
  ],
  [problem({ attempts: [{ refuse: {} }], routes: {} }), "script.attempts[0]: acts before the path"],
])("%#", async (found, expected) => {
  expect(await found).toContain(expected);
});

test("every kind of action passes, and a script stays plain data", async () => {
  const script: Script = {
    attempts: [
      { refuse: { forMs: 10 } },
      { respond: { status: 200, chunks: [{ zeros: 2, delayMs: 0 }], trailers: [["a", "b"]] } },
      { forward: { delayMs: 1, cut: { after: "half", how: "stall", delayMs: 3 } } },
      { rstStream: { code: "CANCEL", at: "after_read" } },
      { goaway: { lastStream: "this", code: "NO_ERROR", at: "after_read", how: "stall" } },
      { reset: "on_connect" },
      { fin: "after_head" },
    ],
    otherwise: { stall: "before_read" },
  };
  const server = await startFaultServer({
    script: JSON.parse(JSON.stringify(script)) as Script,
    upstream: "http://127.0.0.1:1",
  });
  expect(server.requests).toEqual([]);
  await server.close();
});
