/** Where a command writes. */
export interface Output {
  /** Writes to standard output, as it is. */
  readonly out: (text: string) => void;
  /** Writes a line to standard error. */
  readonly line: (text: string) => void;
}

/** The commands of a program, by their names, each loaded when it is asked for. */
export type Commands = ReadonlyMap<string, () => Promise<Command>>;

/** One command of the program. */
export interface Command {
  /** What it is for, in the list of all. */
  readonly about: string;
  readonly help: string;
  /**
   * Runs it.
   *
   * @returns the exit code.
   * @throws UsageError for wrong arguments, UserError for what else a user can mend.
   */
  run(argv: readonly string[], output: Output): Promise<number>;
}
