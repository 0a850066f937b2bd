/** One generation, as it is billed. */
export interface Generation {
  tenant: string;
  /** `stream_id` of its events. */
  streamId: string;
  agentId: string;
  /** Id of the model. */
  model: string;
  inputTokens: number;
  /** Tokens generated so far. */
  outputTokens: number;
  /**
   * State: `running`, `completed`, `failed` (its last event is an error), or `abandoned` (the
   * caller left, or its deadline passed).
   */
  state: "running" | "completed" | "failed" | "abandoned";
}

/** Bills of all generations of a server. */
export class Generations {
  private readonly generations: Generation[] = [];

  /** Opens the bill of a generation, for its generator to write on. */
  begin(begun: Omit<Generation, "outputTokens" | "state">): Generation {
    const generation: Generation = { ...begun, outputTokens: 0, state: "running" };
    this.generations.push(generation);
    return generation;
  }

  /** Lists all generations so far, in the order they began. */
  all(): Generation[] {
    return this.generations.map((generation) => ({ ...generation }));
  }
}
