/** One generation, as it is billed. */
export interface Generation {
  tenant: string;
  /** The `stream_id` of its events. */
  streamId: string;
  agentId: string;
  /** Id of the model. */
  model: string;
  inputTokens: number;
  /** Tokens generated so far. */
  outputTokens: number;
  /**
   * Where it stands: `running`, `completed`, `failed` (its last event is an
   * error), or `abandoned` (the caller left, or its deadline passed).
   */
  state: "running" | "completed" | "failed" | "abandoned";
}

/** The bill of every generation of a server. */
export class Generations {
  private readonly generations: Generation[] = [];

  /** Opens the bill of a generation. Whoever generates writes on it. */
  begin(begun: Omit<Generation, "outputTokens" | "state">): Generation {
    const generation: Generation = { ...begun, outputTokens: 0, state: "running" };
    this.generations.push(generation);
    return generation;
  }

  /** Every generation so far, in the order they began. */
  all(): Generation[] {
    return this.generations.map((generation) => ({ ...generation }));
  }
}
