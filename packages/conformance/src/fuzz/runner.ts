import { create } from "@bufbuild/protobuf";
import {
  type DescribeResponse,
  type Given,
  RunRequestSchema,
  type Script,
} from "@ameideio/conformance-proto";
import type { AdapterSession } from "../adapter/adapter_session.js";
import type { Difference } from "../compare/difference.js";
import { comparePrinted } from "../compare/printed.js";
import { can } from "../suite/plan.js";
import { predict } from "./model.js";
import type { Protocol } from "./model/policy.js";
import type { Prediction } from "./model/prediction.js";
import { differences, expectedOf, observedOf, ofEveryLanguage, type Observed } from "./observed.js";

/**
 * Place to run a generated case: an entry of the language's own HTTP client or of another, by its
 * number, since SDKs name theirs differently.
 */
export interface Place {
  readonly entry: number;
  readonly format: string;
  readonly protocol: Protocol;
}

/** SDK that is compared: a session with its adapter. */
export type Subject = { readonly sdk: string } & {
  readonly session: Pick<AdapterSession, "describe" | "run" | "close">;
};

/** Runs cases in every SDK and compares. */
export class FuzzRunner {
  private readonly sdks: readonly Subject[];
  private described: readonly DescribeResponse[] = [];

  constructor(subjects: readonly Subject[]) {
    this.sdks = subjects;
  }

  /** @throws AdapterFailure if an adapter cannot describe itself. */
  async open(): Promise<void> {
    this.described = await Promise.all(this.sdks.map(({ session }) => session.describe()));
  }

  /** Abilities that all SDKs share, with protocols and kinds of methods. */
  get common(): Pick<DescribeResponse, "protocols" | "kinds" | "abilities"> {
    const [first, ...others] = this.described;
    const shared = (part: "protocols" | "kinds" | "abilities"): string[] =>
      (first?.[part] ?? []).filter((one) => others.every((other) => other[part].includes(one)));
    return {
      protocols: shared("protocols"),
      kinds: shared("kinds"),
      abilities: shared("abilities"),
    };
  }

  /** Runs a case in every SDK and returns the differences from the model, or from the first SDK. */
  async disagreements(
    given: Given,
    script: Script,
    place: Place,
    prediction: Prediction = predict(given, script, place.protocol),
  ): Promise<string[]> {
    const found: string[] = [];
    let first: { readonly sdk: string; readonly observed: Observed } | undefined;
    const runs = this.sdks.map(async ({ sdk, session }, index) => {
      const { format, protocol } = place;
      const entries = entriesOf(this.described[index], { given, server: script }, protocol);
      const entry = entries[place.entry % Math.max(1, entries.length)] ?? { entry: "generic" };
      const request = create(RunRequestSchema, { given, script, ...entry, format, protocol });
      return { sdk, result: await session.run(() => request) };
    });
    for (const { sdk, result } of await Promise.all(runs)) {
      if ("failure" in result) {
        found.push(`${sdk}: failure: ${result.failure}`);
        continue;
      }
      const observed = observedOf(result.response, prediction);
      const expected = expectedOf(prediction);
      found.push(...differences(expected, observed).map((line) => `model, ${sdk}: ${line}`));
      const printed: Difference[] = [];
      comparePrinted(result.response, printed);
      found.push(...printed.map(({ step, what, seen }) => `${sdk}: ${step}: ${what}: ${seen}`));
      if (first === undefined) {
        first = { sdk, observed };
      } else {
        const name = first.sdk;
        found.push(
          ...differences(ofEveryLanguage(first.observed), observed).map(
            (line) => `${name}, ${sdk}: ${line}`,
          ),
        );
      }
    }
    return found;
  }

  async close(): Promise<void> {
    await Promise.all(this.sdks.map(({ session }) => session.close()));
  }
}

function entriesOf(
  described: DescribeResponse | undefined,
  parts: { readonly given: Given; readonly server: Script },
  protocol: string,
): { readonly entry: string; readonly httpClient: string }[] {
  const own = (described?.entries ?? []).map((entry) => ({ entry, httpClient: "" }));
  const others = (described?.httpClients ?? [])
    .filter((client) => client.protocols.includes(protocol) && can(client, parts, "memory"))
    .flatMap(({ name, entries }) => entries.map((entry) => ({ entry, httpClient: name })));
  return [...own, ...others];
}
