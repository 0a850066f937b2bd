/** Folder of the last verdicts. */
export const VERDICTS: string;

/** The columns of the suites: `ts`, `go`, `py-async`, `py-sync`. */
export const COLUMN_IDS: readonly string[];

/**
 * The digests of what the suites run on, by column: SHA-256 in hex of path and content of each file
 * of the SDK, its stubs, its adapter and the suite that is neither test code nor documentation.
 *
 * @param root - Default: the root of the repository.
 */
export function runDigests(root?: string): Promise<Record<string, string>>;

/** The file of the verdict of a suite on a column. */
export function verdictFile(folder: string, suite: "matrix" | "official", column: string): string;
