import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Problem } from "../check/problem.js";
import type { Image } from "../image.js";

/** Where something is declared. */
export interface Place {
  /** Path of the file. */
  readonly uri: string;
  /** From 1. */
  readonly line: number;
}

/** Says where a service or method is declared, if anything knows. */
export type Locate = (of: Pick<Problem, "service" | "method">) => Place | undefined;

// Numbers of FileDescriptorProto.service and ServiceDescriptorProto.method.
const SERVICE = 6;
const METHOD = 2;

/**
 * Locates what an image declares, by its source info.
 *
 * @param folder - Where paths begin.
 * @param modules - Folders in which its files may be, relative to that.
 */
export function locateIn({ set }: Image, folder: string, modules: readonly string[]): Locate {
  const places = new Map<string, Place>();
  for (const file of set.file) {
    const lines = new Map(
      file.sourceCodeInfo?.location.map(({ path, span }) => [path.join(), (span[0] ?? 0) + 1]),
    );
    const paths = modules.map((module) => join(module, file.name));
    const uri = (paths.find((path) => existsSync(join(folder, path))) ?? file.name).replaceAll(
      "\\",
      "/",
    );
    for (const [i, service] of file.service.entries()) {
      const name = `${file.package === "" ? "" : `${file.package}.`}${service.name}`;
      places.set(name, { uri, line: lines.get([SERVICE, i].join()) ?? 1 });
      for (const [j, method] of service.method.entries()) {
        const line = lines.get([SERVICE, i, METHOD, j].join()) ?? 1;
        places.set(`${name}/${method.name}`, { uri, line });
      }
    }
  }
  return ({ service, method }) => places.get(`${service}/${method}`) ?? places.get(service);
}
