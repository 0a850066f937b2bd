import type {
  DescribeResponse,
  RunRequest,
  RunResponse,
  SeenError,
  SeenRequest,
} from "@ameideio/conformance-proto";

/** One fault of an adapter, or of the SDK behind it. */
export interface Fault {
  readonly name: string;
  /** Ids of the cases that have to find it. */
  readonly cases: readonly string[];
  /** Pattern of one of their differences, as `step, what`. */
  readonly shows: RegExp;
  /** Time the runner waits for an answer. Default: that of the runner. */
  readonly silenceMs?: number;
  /** Spoils the adapter's description. */
  readonly describe?: (described: DescribeResponse) => void;
  /** Spoils the request to the real adapter, so that the SDK really does something else. */
  readonly request?: (run: RunRequest) => void;
  /** Spoils the report of a run. A promise that never resolves means no answer. */
  readonly response?: (run: RunResponse, request: RunRequest) => void | Promise<void>;
}

/** Spoils every error of a call. */
export function errors(spoil: (error: SeenError) => void): NonNullable<Fault["response"]> {
  return ({ outcomes }) => {
    for (const { error } of outcomes) {
      if (error !== undefined) {
        spoil(error);
      }
    }
  };
}

/** Spoils every request that was sent, or those from the given one on, counted from 0. */
export function requests(
  spoil: (request: SeenRequest, first: SeenRequest) => void,
  { from = 0 }: { from?: number } = {},
): NonNullable<Fault["response"]> {
  return ({ requests: all }) => {
    const [first] = all;
    for (const request of all.slice(from)) {
      spoil(request, first as SeenRequest);
    }
  };
}

/** Returns the value of a header of a request, if it has one. */
export function header({ headers }: SeenRequest, name: string): string | undefined {
  return headers.find((one) => one.name.toLowerCase() === name)?.value;
}

/** Sets a header, or removes it. */
export function setHeader(request: SeenRequest, name: string, value: string | undefined): void {
  request.headers = request.headers.filter((one) => one.name.toLowerCase() !== name);
  if (value !== undefined) {
    addHeader(request, name, value);
  }
}

/** Adds a header besides the existing ones. */
export function addHeader(request: SeenRequest, name: string, value: string): void {
  request.headers.push({ $typeName: "ameide.conformance.v1.Header", name, value });
}
