import { goalTable, table } from "../table.js";
import {
  isNetworkValid,
  MEASURES,
  NETWORK_CONTROL_BOUNDS,
  networkGoalsOf,
  times,
} from "./goals.js";
import type { NetworkResults, NetworkRun, SideResult } from "./results.js";

/** Formats a run of these rows alone for people. */
export function networkReport({ node, network }: NetworkRun): string {
  const lines = [
    `Node.js ${node}`,
    "",
    ...networkLines(network),
    "",
    ...goalTable(networkGoalsOf(network)),
  ];
  if (!isNetworkValid(network)) {
    const { least, most } = NETWORK_CONTROL_BOUNDS;
    lines.push(
      "",
      `INVALID: connect-node against itself is not within ${least}–${most}. The machine was too`,
      "restless; run it again when nothing else runs.",
    );
  }
  return lines.join("\n");
}

/** A table for each measure of each situation. */
export function networkLines({ sets, rounds, situations }: NetworkResults): string[] {
  return [
    `Between two processes, medians of ${sets} × ${rounds} rounds; µs per call, of streams per message`,
    ...situations.flatMap(({ situation, measure, sides }) => {
      const toGrpcJs = sides.some((side) => side.toGrpcJs !== undefined);
      const cells = ({ name, us, ...ratios }: SideResult) => [
        name,
        times(ratios.toFloor),
        times(ratios.toConnectNode),
        ...(ratios.toGrpcJs === undefined ? [] : [times(ratios.toGrpcJs)]),
        us.toFixed(1),
      ];
      const heading = `${situation}, ${MEASURES[measure]}`;
      const columns = ["raw", "connect-node", ...(toGrpcJs ? ["grpc-js"] : []), "µs"];
      return ["", ...table([[heading, ...columns], ...sides.map(cells)])];
    }),
  ];
}
