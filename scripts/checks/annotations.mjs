// @ts-check

/**
 * What buf prints with `--error-format json`, as lines for people: file, line, column, the rule's id once, and what
 * is wrong. Other lines stay as they are.
 *
 * @param {string} json One annotation a line.
 */
export function annotationLines(json) {
  return json
    .split("\n")
    .map((line) => {
      if (!line.startsWith("{")) {
        return line;
      }
      const { path = "", start_line = 1, start_column = 1, type, message } = JSON.parse(line);
      const named = message.startsWith(`${type}: `) ? message : `${type}: ${message}`;
      return `${path}:${start_line}:${start_column}: ${named}`;
    })
    .join("\n");
}
