import { Child } from "./child.js";
import type { Task, Told } from "./client_process.js";
import type { Window } from "./window.js";

/** A contestant in a process of its own. */
export class Client {
  private constructor(
    readonly name: string,
    private readonly child: Child,
  ) {}

  /**
   * Starts it, and waits until its answers are checked and its code is warm.
   *
   * @throws Error naming the contestant that fails or answers wrong.
   */
  static async start(task: Task): Promise<Client> {
    const child = Child.start("client_process", [JSON.stringify(task)]);
    const client = new Client(task.contestant, child);
    try {
      await client.told();
    } catch (error) {
      await child.close();
      throw error;
    }
    return client;
  }

  /** @throws Error naming the contestant that fails. */
  async window(): Promise<Window> {
    this.child.tell("window");
    const told = await this.told();
    if (!("window" in told)) {
      throw new Error(`${this.name}: told of no window`);
    }
    return told.window;
  }

  close(): Promise<void> {
    return this.child.close();
  }

  private async told(): Promise<Exclude<Told, { wrong: string }>> {
    const told = await this.child.told<Told>().catch((error: unknown) => {
      throw new Error(`${this.name}: its process ended early`, { cause: error });
    });
    if ("wrong" in told) {
      throw new Error(`${this.name}: ${told.wrong}`);
    }
    return told;
  }
}
