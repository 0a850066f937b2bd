/** Clients that are compared. */
export const CLIENTS = ["ameide", "connect-node", "grpc-js"] as const;

/** One of {@link CLIENTS}. */
export type ClientName = (typeof CLIENTS)[number];

/** A client with what it speaks: a process, a relay and a column of the tables of its own. */
export interface Column {
  /** `ameide, connect, HTTP/2` */
  readonly title: string;
  readonly client: ClientName;
  readonly protocol: "connect" | "grpc";
  readonly httpVersion: "1.1" | "2";
}

/** All columns, in the order of the tables. */
export const COLUMNS: readonly Column[] = [
  column("ameide", "connect", "2"),
  column("ameide", "connect", "1.1"),
  column("ameide", "grpc", "2"),
  column("connect-node", "connect", "2"),
  column("connect-node", "connect", "1.1"),
  column("grpc-js", "grpc", "2"),
];

function column(
  client: ClientName,
  protocol: Column["protocol"],
  httpVersion: Column["httpVersion"],
): Column {
  return { title: `${client}, ${protocol}, HTTP/${httpVersion}`, client, protocol, httpVersion };
}
