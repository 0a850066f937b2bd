/**
 * Runs a command and returns its exit code: that of `main`; 2 with one line for arguments that
 * cannot be read, 1 with one for any other failure.
 */
export async function runCommand<T>(
  args: string[],
  read: (args: string[]) => T,
  main: (read: T) => Promise<number>,
): Promise<number> {
  let given: T;
  try {
    given = read(args);
  } catch (reason) {
    // Node.js adds advice on positional arguments.
    complain(`${textOf(reason).split(/\. |\n/)[0]} (see --help)`);
    return 2;
  }
  try {
    return await main(given);
  } catch (reason) {
    complain(textOf(reason));
    return 1;
  }
}

function textOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}
