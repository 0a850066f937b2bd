import { testSuite } from "../harness/test_suite.js";

// Every case through each entry, in each format, over each protocol and HTTP version.
await testSuite({});
