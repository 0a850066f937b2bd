/** Lists the folders of modules that a buf.yaml names, relative to its own, which is the first. */
export function modulesOf(bufYaml: string): string[] {
  const paths = [...bufYaml.matchAll(/(?<=^|[\s{,])"?path"?\s*:\s*["']?([^\s"'#,}]+)/gm)];
  return [".", ...paths.map(([, path = ""]) => path)];
}
