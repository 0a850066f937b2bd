/**
 * Reasons for which a model run cannot be vouched for: the specification is silent, two events fall
 * on the same millisecond, or the case itself makes no sense. A case with a note is not compared.
 */
export class Notes {
  private readonly openQuestions = new Set<string>();
  private readonly ties = new Set<string>();
  private readonly invalidReasons = new Set<string>();

  /** Notes that the specification does not say what happens. */
  undecided(what: Undecided): void {
    this.openQuestions.add(`${what}: ${UNDECIDED[what]}`);
  }

  /** Notes two events in the same millisecond, whose order is not specified. */
  tie(what: string): void {
    this.ties.add(what);
  }

  /** Notes an invalid case: it never ends, or its client could not be made. */
  invalid(what: string): void {
    this.invalidReasons.add(what);
  }

  get undecidedQuestions(): readonly string[] {
    return [...this.openQuestions];
  }

  get all(): readonly string[] {
    return [...this.openQuestions, ...this.ties, ...this.invalidReasons];
  }
}

/** Questions that the specification leaves open, in the words of their rule. */
export const UNDECIDED = {
  streamForAnother: "§11: a stream that fails, of another tenant",
  lateReplay: "§3.10, §9.4: a replay with the last millisecond left",
} as const;

export type Undecided = keyof typeof UNDECIDED;
