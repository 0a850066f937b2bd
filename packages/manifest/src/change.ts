/** How a change concerns those who call services. */
export type ChangeKind = "added" | "deprecated" | "breaking" | "changed";

/** One change from one manifest to the next. */
export interface Change {
  readonly kind: ChangeKind;
  /** Full name of the service, message or enum; of a file that is gone its path. */
  readonly service: string;
  /** Name of the method in the proto. */
  readonly method?: string;
  /** Set if a public name has disappeared or is another one. */
  readonly name?: "gone" | "changed";
  /** What it is, in words that a release note can use. */
  readonly message: string;
}
