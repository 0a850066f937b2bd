/** Colors, if they are wanted. */
export interface Style {
  green(text: string): string;
  red(text: string): string;
  dim(text: string): string;
  bold(text: string): string;
}

/** Colours for a terminal, unless NO_COLOR (https://no-color.org) says otherwise. */
export function styleFor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): Style {
  const coloured = stream.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  const paint = (on: number, off: number) => (text: string) =>
    coloured ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return { green: paint(32, 39), red: paint(31, 39), dim: paint(2, 22), bold: paint(1, 22) };
}
