import { existsSync, readFileSync } from "node:fs";
import { type DescMessage, fromJsonString, type MessageShape } from "@bufbuild/protobuf";
import {
  type Matrix,
  MatrixSchema,
  type Official,
  OfficialSchema,
  type Pins,
} from "@ameideio/conformance-proto/ameide/parity/v1";
import { type Parity, UserError } from "@ameideio/manifest";
import { runDigests, verdictFile } from "@ameideio/scripts/verdicts.mjs";
import { type Column, columnsOf } from "./columns.js";
import { apiReports, type ApiReports, readPins } from "./pins.js";
import { SCHEMA } from "./schema.js";

/** The last verdicts of a suite, by column; none where there is none. */
export type Verdicts<T> = Readonly<Partial<Record<Column, T | undefined>>>;

/** All that is judged. */
export interface Evidence {
  readonly parity: Parity;
  readonly api: ApiReports;
  readonly pins: Pins;
  /** Digests of the sources as they are, by column; none where they cannot be told, nor are needed. */
  readonly runs: Readonly<Record<string, string>>;
  readonly matrices: Verdicts<Matrix>;
  readonly officials: Verdicts<Official>;
}

/**
 * Gathers what is judged.
 *
 * @param folder - Of the verdicts of the suites.
 * @throws UserError if a file cannot be read.
 */
export async function gather(parity: Parity, folder: string): Promise<Evidence> {
  const columns = columnsOf(parity.sdks);
  const matrices = readAll(columns, (column) =>
    read(MatrixSchema, { folder, suite: "matrix", column }, ({ sdk }) => sdk),
  );
  const officials = readAll(columns, (column) =>
    read(OfficialSchema, { folder, suite: "official", column }, ({ totals }) => totals?.sdk ?? ""),
  );
  const verdicts = [...Object.values(matrices), ...Object.values(officials)];
  const isRun = verdicts.some((each) => each !== undefined);
  return {
    parity,
    api: apiReports(parity.sdks),
    pins: readPins(),
    runs: await runsOf(isRun),
    matrices,
    officials,
  };
}

// Git lists the sources, and a copy of them need not be a repository.
async function runsOf(isNeeded: boolean): Promise<Readonly<Record<string, string>>> {
  try {
    return await runDigests();
  } catch (reason) {
    if (isNeeded) {
      throw new UserError((reason as Error).message);
    }
    return {};
  }
}

function readAll<T>(
  columns: readonly Column[],
  readOne: (column: Column) => T | undefined,
): Verdicts<T> {
  return Object.fromEntries(columns.map((column) => [column, readOne(column)]));
}

interface Place {
  readonly folder: string;
  readonly suite: "matrix" | "official";
  readonly column: Column;
}

function read<T extends DescMessage>(
  schema: T,
  { folder, suite, column }: Place,
  columnIn: (message: MessageShape<T>) => string,
): MessageShape<T> | undefined {
  const path = verdictFile(folder, suite, column);
  if (!existsSync(path)) {
    return undefined;
  }
  try {
    const message = fromJsonString(schema, readFileSync(path, "utf8"));
    if ((message as { schema?: string }).schema !== SCHEMA) {
      throw new Error(`its schema is not ${SCHEMA}`);
    }
    const stated = columnIn(message);
    // One that counts nothing is red by that.
    if (stated !== column && !(suite === "official" && stated === "")) {
      throw new Error(`it is of ${stated === "" ? "no SDK" : stated}, not of ${column}`);
    }
    return message;
  } catch (reason) {
    throw new UserError(`${path} cannot be read: ${(reason as Error).message}`);
  }
}
