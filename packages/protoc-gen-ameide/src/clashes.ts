import { goMethodName, pythonMethodName } from "./names.js";

/** A method, by whichever release of @bufbuild/protobuf it was described. */
interface DescMethod {
  readonly name: string;
  /** Its name in TypeScript, which appends `$` to names of JavaScript. */
  readonly localName: string;
}

/** A method that does not have its name in some language, and why, as `is …`. */
export interface NameClash<T> {
  readonly method: T;
  readonly clash: string;
}

const LANGUAGES = [
  { language: "TypeScript", nameOf: ({ localName }: DescMethod) => localName },
  { language: "Go", nameOf: ({ name }: DescMethod) => goMethodName(name) },
  { language: "Python", nameOf: ({ name }: DescMethod) => pythonMethodName(name) },
];

/** Members that a client of every service has. `then` would make it a promise. */
const CLIENT_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  TypeScript: ["then"],
  Python: ["close", "derive", "drain", "explain", "with_options"],
};

/**
 * Lists the methods of a service whose names clash in some language: with another method, once each is
 * spelled as the language does; with a word that it reserves; with a member that every client has.
 */
export function nameClashes<T extends DescMethod>(methods: readonly T[]): NameClash<T>[] {
  return LANGUAGES.flatMap(({ language, nameOf }) => {
    const taken = new Map<string, T>();
    return methods.flatMap((method) => {
      const name = nameOf(method);
      const other = taken.get(name);
      if (other !== undefined) {
        return [{ method, clash: `is ${name} in ${language}, and so is ${other.name}` }];
      }
      taken.set(name, method);
      if (/[_$]$/.test(name)) {
        const reserved = name.slice(0, -1);
        return [{ method, clash: `is ${name} in ${language}, where ${reserved} is reserved` }];
      }
      if (CLIENT_MEMBERS[language]?.includes(name)) {
        return [{ method, clash: `is ${name} in ${language}, which every client has already` }];
      }
      return [];
    });
  });
}
