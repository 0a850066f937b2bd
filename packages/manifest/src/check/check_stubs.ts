import type { Manifest, Service, Surface } from "@ameideio/conformance-proto/ameide/manifest/v1";
import { paired } from "../paired.js";
import { methodDifferences } from "./differences.js";
import type { Problem } from "./problem.js";

/** Compares the services that an SDK's stubs describe with those that have to exist. */
export function checkStubs({ services }: Manifest, { sdk, stubs }: Surface): Problem[] {
  const where = ["stubs"];
  return paired(services, stubs).flatMap(({ wanted, found }): Problem[] => {
    const service = (wanted ?? found)?.name ?? "";
    if (found === undefined) {
      return [{ rule: "missing", sdk, service, where, message: "the service does not exist" }];
    }
    if (wanted === undefined) {
      return [{ rule: "extra", sdk, service, where, message: "the service is in no manifest" }];
    }
    return methodProblems(wanted, found).map((problem) => ({ ...problem, sdk, service, where }));
  });
}

function methodProblems(
  service: Service,
  stub: Service,
): Pick<Problem, "rule" | "method" | "message">[] {
  return paired(service.methods, stub.methods).flatMap(({ wanted, found }) => {
    const method = (wanted ?? found)?.name ?? "";
    if (found === undefined) {
      return [{ rule: "missing", method, message: "the method does not exist" }];
    }
    if (wanted === undefined) {
      return [{ rule: "extra", method, message: "the method is in no manifest" }];
    }
    return methodDifferences(wanted, found).map((difference) => ({ ...difference, method }));
  });
}
