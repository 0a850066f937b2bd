import type {
  Client,
  ClientMethod,
  Manifest,
  Method,
  Names,
  Service,
  Surface,
} from "@ameideio/conformance-proto/ameide/manifest/v1";
import { LANGUAGES, type Sdk } from "../sdks.js";
import { type Difference, differs, kindAndTypes } from "./differences.js";
import type { Problem } from "./problem.js";

/**
 * Compares the clients of an SDK with the services that have to exist: in the client of all services,
 * and where there are several, as async and sync, in each.
 */
export function checkClients({ services }: Manifest, { sdk, clients, stubs }: Surface): Problem[] {
  const entries = new Map<string, Client[]>();
  for (const client of clients) {
    const those = entries.get(client.entry) ?? [];
    those.push(client);
    entries.set(client.entry, those);
  }
  if (entries.size === 0) {
    entries.set("client of all services", []);
  }
  const inStubs = new Set(stubs.map(({ name }) => name));
  return [...entries].flatMap(([entry, those]) =>
    checkEntry(services, those, { sdk, inStubs }).map((problem) => ({
      ...problem,
      sdk,
      where: [entry],
    })),
  );
}

type Found = Omit<Problem, "sdk" | "where">;

interface Context {
  readonly sdk: string;
  /** Names of the services that have a stub. */
  readonly inStubs: ReadonlySet<string>;
}

function checkEntry(
  services: readonly Service[],
  clients: readonly Client[],
  { sdk, inStubs }: Context,
): Found[] {
  const matched = match(services, clients, {
    wantedName: (service) => nameIn(sdk, service.names),
    // What it calls says whose it is, whatever it is called.
    wantedMarks: ({ name }) => [name],
    foundMarks: (client) => [serviceOf(client) ?? ""],
  });
  return [
    ...matched.pairs.flatMap(({ wanted, found, name }): Found[] => {
      const service = wanted.name;
      if (found === undefined) {
        const message = inStubs.has(service)
          ? `it has a stub, but no client ${name}: it is not wired into the roster`
          : "the service does not exist";
        return [{ rule: "missing", service, message }];
      }
      return [
        ...differs("wrong-name", "name", name, found.name).map((each) => ({ ...each, service })),
        ...checkMethods(wanted, found, sdk).map((each) => ({ ...each, service })),
      ];
    }),
    ...matched.extra.map((client): Found => {
      const service = serviceOf(client) ?? client.name;
      return { rule: "extra", service, message: `the client ${client.name} is in no manifest` };
    }),
  ];
}

function checkMethods(service: Service, client: Client, sdk: string): Omit<Found, "service">[] {
  const procedure = ({ name }: Method) => `${service.name}/${name}`;
  const matched = match(service.methods, client.methods, {
    wantedName: (method) => nameIn(sdk, method.names),
    wantedMarks: (method) => [procedure(method), shapeOf(method)],
    foundMarks: (found) => [found.procedure, shapeOf(found)],
  });
  return [
    ...matched.pairs.flatMap(({ wanted, found, name }): Omit<Found, "service">[] => {
      const method = wanted.name;
      if (found === undefined) {
        return [{ rule: "missing", method, message: "the method does not exist" }];
      }
      return [
        ...differs("wrong-name", "name", name, found.name),
        ...callProblems(wanted, found, procedure(wanted)),
      ].map((difference) => ({ ...difference, method }));
    }),
    ...matched.extra.map(({ name }): Omit<Found, "service"> => ({
      rule: "extra",
      method: name,
      message: "the method is in no manifest",
    })),
  ];
}

function callProblems(wanted: Method, found: ClientMethod, procedure: string): Difference[] {
  const undeclared = found.kind === "";
  const uncalled = found.procedure === "";
  return [
    ...(undeclared
      ? [{ rule: "missing", message: "it can be called, but no type declares it" } as const]
      : kindAndTypes(wanted, found)),
    ...(uncalled
      ? [{ rule: "missing", message: "it is declared, but a call of it asks for nothing" } as const]
      : [
          ...differs("wrong-name", "procedure of a call", procedure, found.procedure),
          ...differs("wrong-policy", "idempotency level", wanted.idempotency, found.idempotency),
        ]),
  ];
}

function shapeOf({ kind, input, output }: Pick<Method, "kind" | "input" | "output">): string {
  return `${kind} ${input} ${output}`;
}

// The service that calls of a client ask for, if it is one.
function serviceOf({ methods }: Client): string | undefined {
  const services = new Set(methods.map(({ procedure }) => procedure.split("/")[0]));
  const [service] = services;
  return services.size === 1 && service !== "" ? service : undefined;
}

function nameIn(sdk: string, names: Names | undefined): string {
  return names?.[LANGUAGES[sdk as Sdk]] ?? "";
}

interface Matching<W, F> {
  readonly wantedName: (wanted: W) => string;
  /** What tells one under another name, the surest first. */
  readonly wantedMarks: (wanted: W) => readonly string[];
  readonly foundMarks: (found: F) => readonly string[];
}

interface Matched<W, F> {
  readonly pairs: { readonly wanted: W; readonly found: F | undefined; readonly name: string }[];
  readonly extra: F[];
}

// By name; of those that are left, the ones that are the same under another name.
function match<W, F extends { readonly name: string }>(
  wanted: readonly W[],
  found: readonly F[],
  { wantedName, wantedMarks, foundMarks }: Matching<W, F>,
): Matched<W, F> {
  const named = new Map(found.map((each) => [each.name, each]));
  const pairs = wanted.map((each) => {
    const name = wantedName(each);
    return { wanted: each, found: named.get(name), name };
  });
  const left = new Set(found);
  pairs.forEach((pair) => pair.found && left.delete(pair.found));
  const marked = new Map([...left].flatMap((each) => foundMarks(each).map((mark) => [mark, each])));
  return {
    pairs: pairs.map((pair) => {
      if (pair.found !== undefined) {
        return pair;
      }
      const mark = wantedMarks(pair.wanted).find((each) => left.has(marked.get(each) as F));
      const other = mark === undefined ? undefined : marked.get(mark);
      left.delete(other as F);
      return { ...pair, found: other };
    }),
    extra: [...left],
  };
}
