import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { environment } from "../children.js";

/** A program of this folder in a process of its own, which ends when it is closed. */
export class Child {
  private constructor(private readonly process: ChildProcess) {}

  static start(program: string, args: readonly string[] = []): Child {
    const path = fileURLToPath(new URL(`../../dist/network/${program}.js`, import.meta.url));
    return new Child(fork(path, args, { env: environment(), execArgv: [] }));
  }

  tell(message: string): void {
    this.process.send(message);
  }

  /**
   * What the process tells next.
   *
   * @throws Error if it ends before.
   */
  told<T>(): Promise<T> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null) => reject(new Error(`the process ended with ${code}`));
      this.process.once("exit", onExit).once("message", (told) => {
        this.process.off("exit", onExit);
        resolve(told as T);
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.process.exitCode !== null || this.process.signalCode !== null) {
        resolve();
        return;
      }
      this.process.once("exit", () => resolve()).disconnect();
    });
  }
}
