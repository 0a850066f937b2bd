import { create } from "@bufbuild/protobuf";
import {
  type Counts,
  CountsSchema,
  type Matrix,
} from "@ameideio/conformance-proto/ameide/parity/v1";

/** Adds up the areas of a matrix, or one of them. */
export function totalOf({ areas }: Pick<Matrix, "areas">, area?: string): Counts {
  const total = create(CountsSchema);
  for (const { area: name, counts } of areas) {
    if (counts !== undefined && (area === undefined || area === name)) {
      total.passed += counts.passed;
      total.failed += counts.failed;
      total.skipped += counts.skipped;
      total.unable += counts.unable;
    }
  }
  return total;
}
