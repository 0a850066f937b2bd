import { expect, test } from "vitest";
import { goMethodName, pythonMethodName } from "../src/names.js";

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
  ["Import", "Import", "import_"],
  ["ExecuteUnary", "ExecuteUnary", "execute_unary_"],
  ["None", "None", "none"],
])("%s is %s in Go, %s in Python", (method, go, python) => {
  expect([goMethodName(method), pythonMethodName(method)]).toEqual([go, python]);
});
