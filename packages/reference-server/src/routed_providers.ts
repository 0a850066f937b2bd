/** Provider that messages may be routed to. */
export interface RoutedProvider {
  id: string;
  /** Types of messages that it takes. Default: all. */
  messageTypes?: string[];
  /** How long it takes, in milliseconds. */
  latencyMs: number;
  /** What a message costs, in US dollars. */
  cost: number;
  /** What each KiB of payload costs beyond that, in US dollars. Default 0. */
  costPerKib?: number;
}

/** Providers of a tenant whose seed names none. */
export const DEFAULT_PROVIDERS: RoutedProvider[] = [
  { id: "reference-economy", latencyMs: 250, cost: 0.0005 },
  { id: "reference-express", latencyMs: 20, cost: 0.002 },
];
