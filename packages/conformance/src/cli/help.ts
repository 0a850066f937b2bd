/** Text of `--help`: the options, and the specification of an adapter. */
export const HELP = `Usage: npx -y pnpm@12.21.0 conformance [option…]

Runs every case against every SDK and prints one matrix. Options that take
several values take them repeated or with commas.

  --sdk <id>         only these SDKs (ts, go, py-async, py-sync)
  --case <glob>      only cases whose name or id matches: r03, 'r*', '*html*'
  --cases <folder>   the cases of this folder instead of our own; the
                     known_failing.yaml in it is theirs
  --adapters <file>  the adapters of this file instead of our own; commands are
                     started in its folder
  --layer <name>     memory (virtual time, exact) or wire (real sockets)
  --entry <name>     generic (a service's client over the SDK's transport) or
                     roster (a client for many services)
  --protocol <name>  connect, grpc or grpc-web
  --format <name>    binary or json
  --http <version>   1.1, 2, or auto: what client and server agree on
  --http-client <name>
                     native (the language's own) or fetch
  --quick            each case of the memory layer once, in one combination,
                     which changes from case to case: some seconds, and one line
                     when all is green
  --report <folder>  writes report.html and report.json
  --verdicts <folder>
                     writes matrix.<sdk>.json, which the gate reads
                     (ameide.parity.v1.Matrix). Default: the place where
                     pnpm parity looks, for runs of all our cases in every
                     combination
  --fuzz <n>         instead: n random cases against a reference model
  --seed <n>         of the random cases, default 1
  --mutate           instead: changes every constant of the policy; each change
                     has to turn a case red
  --list             prints the cases and their files
  -v, --verbose      prints every red combination, and what adapters write to
                     standard error
  -h, --help         prints this

Exit code 0: all that ran is green; 1: something is red; 2: wrong arguments, or
nothing ran.

CASES
  A case is YAML: the canonical JSON of ameide.conformance.v1.CaseFile, with the
  field names of the proto and, for enum values, a short form (reset_half for
  CUT_RESET_HALF). A file opens with a comment that says what it verifies and
  why. What "expect" does not state is not compared, except the number of
  requests, that they have the format and HTTP version of the run, that no
  timer, listener, socket or task is left, that no error would have ended the
  process, and that the runtime gave no warning. A case in which all calls fail
  needs a control in its file ("r03 control: …"), which differs in the cause
  alone.

ADAPTERS
  An adapter is the program through which the runner drives one SDK. It uses the
  SDK's public API alone, expects nothing, and reports what happened. The runner
  builds and starts it as adapters.yaml says and talks to it over its standard
  input and output. Standard error is free for people. A build that ends with
  exit code 3 says that its toolchain is missing: the SDK is left out, and with
  CI=true that is red.

  Framing. Each message is protobuf JSON in UTF-8, preceded by its length in
  bytes as a 4-byte big-endian number; at most 16 MiB. Nothing else may be
  written to standard output. Unknown fields are an error on both sides. The
  runner sends ameide.conformance.v1.AdapterRequest, the adapter answers each
  with one AdapterResponse of the same id, in any order. The runner has up to 64
  requests open at once. The adapter may work on them one after the other in the
  MEMORY layer; in the WIRE layer it should work on them at once. When its input
  ends, it ends.

  describe. Answered with the id and version of the SDK and what it can do:
  entries, protocols, formats, HTTP versions, kinds of methods, HTTP clients
  beside the language's own, abilities, and the built-in numbers of its policy
  by name (defaults.timeoutMs, budget.cost, …).

  Abilities are what some languages can express and others cannot:
    cancel        a call can be canceled
    eager_streams a stream is sent when it is opened, whether it is read or not
    keep_alive    PINGs and the age of connections can be set
    loose_types   an option may have an unknown name, or a value of the wrong
                  type: 2.5 attempts, an expiry that is no finite number, an
                  ambient deadline that is a text or fails when it is asked
    pulled_input  the SDK pulls the messages a caller streams: they may fail
  Which of them a case needs is read off its given. What needs one that the
  adapter does not describe is neither green nor red but —, counted apart, where
  "without" of adapters.yaml names the ability with the number of cases that
  need it; elsewhere it is red. A duration that is no number needs none: where
  durations have a type, it is one below 0.

  run. Answered with what happened (RunResponse). "error" is for an adapter that
  failed itself; how calls of the SDK fail is an outcome. Cases do not touch
  each other: each has its own client, clock, randomness, and environment.

  An adapter that says nothing for 10 s while it owes an answer, ends, or writes
  anything that is no answer it owes, has failed. It is started again, and the
  requests that were open are asked one by one to find the one to blame. After a
  few restarts all that is left fails by name.

WHAT RUN DOES
  1. Make the client: given.client in the terms of the public API, through the
     entry the request names: "generic", the framework's own client over the
     SDK's transport, or "roster", the client that the SDK generates from a list
     of services. Environment variables of given.env are set while clients are
     made; no other AMEIDE_ variable is there. allow_insecure_loopback is on
     unless stated.
  2. Do the steps in order. Calls with parallel start at the same time. A step
     is over when all it began has settled.
  3. Close the client, let everything settle, and count what is left.

  Outcomes. One for each call, in the order the calls were made; one for a
  pagination (ok with an empty text if it ended well, its items apart). A stream
  of answers is ok with an empty text when it ended well, also by break_after;
  the texts it gave are its messages, whatever came then. headers_ms is when the
  caller saw headers. Messages of texts are streamed as they are asked for, each
  after text_delay_ms; with keep_open they end when the call has. A client
  that cannot be made, derived or not, gives one outcome, its error; if it is
  the first client, the case is over. explain and advance give none.

  Randomness. The SDK draws its backoff from given.random and the jitter of its
  token refresh from given.auth_random; the last number repeats, an empty list
  means 0.5. Ids stay random.

  Constants. The built-in numbers that the request names have these values in
  this run.

  MEMORY (base_url is empty). The client speaks to an HTTP client in memory,
  which plays the script: the n-th request gets the n-th answer, later ones
  "otherwise", and without one a 500 that no case expects. It shows failures as
  the language's own HTTP client does, and reports every request it was given:
  method, headers in order with values apart, the SHA-256 of the body (of the
  query for GET) in hex, when it came, for messages in envelopes the first 64
  KiB of the body as far as it was read, and whether its signal fired, or its
  answer was left, before the answer had ended. Answers are encoded by the
  protocol and format of the request; an error is trailers only in gRPC and
  gRPC-Web, unless the answer has trailers, too. The clock is virtual: it starts
  at given.wall_clock_ms (default 2026-01-01T00:00:00Z), stands still while
  anything goes on, and whenever nothing else can go on it jumps to the next
  timer. Delays of the script and of token providers are timers of the same
  clock. So every time is exact to the millisecond, and nothing really waits.

  WIRE. The client speaks over real sockets to base_url, in real time, with the
  given HTTP version; ca is an authority to trust, in PEM. What the server got
  is known to the runner; requests stay empty.

  Reported in both layers:
  sleeps          waits between attempts as they were asked for, in
                  milliseconds, in order; waits of 0 are not compared
  budget          tokens left after the last event that told
  provider_calls  how often a token provider was asked
  explained       of the last explain: value as JSON and source by name
  spans, metrics  if given.client.telemetry; spans in order of their start,
                  attributes as texts, parent as a number counted from 1
  logs            if given.client.log_level: level, and the line with its fields
  events          those of the SDK's observer, as JSON with a "type"
  policy_hash     of the last explain
  explain_text    its text form, problems and verdict included
  drained         for each drain how many calls were aborted, and how long it
                  took
  longest_timer_ms  the longest time a timer of the SDK was set to (MEMORY);
                  absent where timers have no limit
  leaks           timers of the SDK that are still set, listeners still on
                  signals of callers, sockets still open, tasks (goroutines,
                  threads) of the SDK that go on. Always there.
`;
