import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { create, fromJson, type JsonObject, toJson } from "@bufbuild/protobuf";
import { ConnectError, type Transport } from "@connectrpc/connect";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import { imageUrl } from "@ameideio/core-proto/image";
import type { CallEvent, Token } from "@ameideio/ameide-sdk-ts";
import { type Connection, type Sdk, TENANT } from "./sdks.js";

/** What the program of another language is told, a line of JSON each. It ends with its input. */
export type ToProgram =
  /** First: make a client. `image` is the path of the descriptors of all protos. */
  | {
      readonly connect: {
        readonly baseUrl: string;
        readonly tenant: string;
        readonly image: string;
        readonly attemptTimeoutMs?: number;
        /** Tokens are asked for by `needsToken`. */
        readonly withToken: boolean;
      };
    }
  | {
      readonly call: {
        readonly id: number;
        /** `/acme.v1.Billing/Charge` */
        readonly procedure: string;
        readonly request: JsonObject;
        /** The runtime's own parameter. */
        readonly timeoutMs?: number;
      };
    }
  | { readonly cancel: { readonly id: number } }
  | { readonly token: { readonly id: number; readonly value: Token } };

/** What it says, a line of JSON each; what it writes to standard error is for people. */
export type FromProgram =
  /** The client is made. */
  | { readonly ready: true }
  | { readonly event: CallEvent }
  | { readonly needsToken: { readonly id: number } }
  | { readonly ok: { readonly id: number; readonly response: JsonObject } }
  | { readonly error: { readonly id: number; readonly code: string; readonly message: string } };

interface Waiting {
  resolve(response: JsonObject): void;
  reject(reason: unknown): void;
}

/**
 * The SDK of another language, which a program drives: the calls of the demo are made through it. A
 * program that ends by itself is an error of `close`.
 *
 * @param command - Program and arguments, started in the current folder.
 */
export function remoteSdk(name: string, command: readonly [string, ...string[]]): Sdk {
  return {
    name,
    connect(connection, observer) {
      const program = new Program(command, connection, observer);
      const { transport, ready } = program;
      return { transport, ready, close: () => program.close() };
    },
  };
}

class Program {
  private readonly child: ChildProcess;
  private setReady: () => void = () => {};
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private ended: Error | undefined;

  constructor(
    [program, ...args]: readonly [string, ...string[]],
    { baseUrl, getToken, attemptTimeoutMs }: Connection,
    private readonly observer: (event: CallEvent) => void,
  ) {
    this.ready = new Promise((resolve) => (this.setReady = resolve));
    this.child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.child.once("error", (reason) => this.fail(reason.message));
    this.child.once("close", (code, signal) => this.fail(`ended with ${signal ?? String(code)}`));
    this.child.stdin?.on("error", () => {});
    const { stdout } = this.child;
    if (stdout !== null) {
      createInterface({ input: stdout }).on("line", (line) => {
        this.take(JSON.parse(line) as FromProgram, getToken);
      });
    }
    this.tell({
      connect: {
        baseUrl,
        tenant: TENANT,
        image: fileURLToPath(imageUrl),
        ...(attemptTimeoutMs !== undefined && { attemptTimeoutMs }),
        withToken: getToken !== undefined,
      },
    });
  }

  /** Resolves when it ends, too: the first call says why. */
  readonly ready: Promise<void>;
  readonly transport: Transport = {
    unary: async (method, signal, timeoutMs, _header, input) => {
      const request = toJson(method.input, create(method.input, input)) as JsonObject;
      const procedure = `/${method.parent.typeName}/${method.name}`;
      const call = { procedure, request, ...(timeoutMs !== undefined && { timeoutMs }) };
      const message = fromJson(method.output, await this.call(call, signal));
      const [header, trailer] = [new Headers(), new Headers()];
      return { stream: false, service: method.parent, method, header, trailer, message };
    },
    stream: () => Promise.reject(new Error("the demo calls no stream")),
  };

  /** @throws Error when the program had ended by itself: what it came to is no answer of its SDK. */
  close(): void {
    this.child.stdin?.end();
    if (this.ended !== undefined) {
      throw this.ended;
    }
  }

  private async call(
    call: { procedure: string; request: JsonObject },
    signal: AbortSignal | undefined,
  ): Promise<JsonObject> {
    if (this.ended !== undefined) {
      throw this.ended;
    }
    const id = ++this.lastId;
    const cancel = () => this.tell({ cancel: { id } });
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.waiting.set(id, { resolve, reject });
        this.tell({ call: { id, ...call } });
      });
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  private take(said: FromProgram, getToken: Connection["getToken"]): void {
    if ("ready" in said) {
      this.setReady();
    } else if ("event" in said) {
      this.observer(said.event);
    } else if ("needsToken" in said) {
      const { id } = said.needsToken;
      void getToken?.().then(
        (value) => this.tell({ token: { id, value } }),
        (reason: unknown) => this.fail(`got no token: ${String(reason)}`),
      );
    } else if ("ok" in said) {
      this.settle(said.ok.id)?.resolve(said.ok.response);
    } else {
      const { id, code, message } = said.error;
      this.settle(id)?.reject(new ConnectError(message, codeFromString(code)));
    }
  }

  private settle(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    return waiting;
  }

  private tell(message: ToProgram): void {
    this.child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  // What is under way fails with it.
  private fail(why: string): void {
    this.ended ??= new Error(`${this.child.spawnfile}: ${why}`);
    this.setReady();
    for (const id of this.waiting.keys()) {
      this.settle(id)?.reject(this.ended);
    }
  }
}
