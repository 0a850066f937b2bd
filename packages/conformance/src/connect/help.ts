/** Text of `--help`. */
export const HELP = `Usage: npx -y pnpm@12.21.0 conformance:connect [option…]

Runs Connect's own conformance suite, its runner unmodified, in client mode:
through each SDK with its policies neutral (one attempt, no deadline but the
case's), and through the client it is built on, as it is, for comparison.

  --report <folder>   writes official.json; for whole runs only
  --client <id>       only these clients (connect-go, connect-node,
                      connectrpc-async, connectrpc-sync, go, py-async, py-sync,
                      ts)
  --run <pattern>     only these cases, in the runner's terms: parts of names
                      between slashes, * for one part, ** for any number
  -v, --verbose       prints all that the runner prints
  -h, --help          prints this

Exit code 0: every case passed or is known to fail; 1: something is red;
2: wrong arguments. Go builds the runner (about a minute, once);
without Go there is nothing to run: that is said, and 0, or 1 with CI=true.

Known failures are lists of cases in packages/conformance/connect; a case there
that passes is red. official.json:

  {"sdks":{"ts":{"total":…,"passed":…,"failed":…,"known":…}},
   "raw":{"connect-node":{…}}, "versions":{…}}

total = passed + failed + known; known are failures that a list names.
`;
