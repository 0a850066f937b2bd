import { expect, test } from "vitest";
import { goMethodName, pythonMethodName } from "../src/names.js";

// keyword.kwlist of Python 3.14, but for False, None and True: no name begins with a capital letter.
const PYTHON_KEYWORDS =
  "and as assert async await break class continue def del elif else except finally for from " +
  "global if import in is lambda nonlocal not or pass raise return try while with yield";

test.each(PYTHON_KEYWORDS.split(" "))("a method is not named %s in Python", (keyword) => {
  const method = keyword.charAt(0).toUpperCase() + keyword.slice(1);
  expect([goMethodName(method), pythonMethodName(method)]).toEqual([method, `${keyword}_`]);
});

// As protoc-gen-connect-go 1.21.1 and protoc-gen-connectrpc 0.13.0 write them.
test.each([
  ["GetThread", "GetThread", "get_thread"],
  ["GetHTTPThing", "GetHTTPThing", "get_http_thing"],
  ["GetV2Foo", "GetV2Foo", "get_v2_foo"],
  ["GetOAuth2Token", "GetOAuth2Token", "get_o_auth2_token"],
  ["ListABC123Def", "ListABC123Def", "list_abc123_def"],
  ["A1b2C", "A1B2C", "a1b2c"],
  ["get_thing", "GetThing", "get_thing"],
  ["get__Two_x", "Get__TwoX", "get__two_x"],
  ["Export", "Export", "export"],
  ["Match", "Match", "match"],
  ["ExecuteUnary", "ExecuteUnary", "execute_unary_"],
  ["None", "None", "none"],
])("%s is %s in Go, %s in Python", (method, go, python) => {
  expect([goMethodName(method), pythonMethodName(method)]).toEqual([go, python]);
});
