import type { Snippet, Tag } from "./snippet.js";

/** A language whose snippets are run. */
export interface SnippetLanguage {
  /** `Go` */
  readonly name: string;
  readonly tag: Tag;
  /** The README of its package, relative to the root of the repository. */
  readonly readme: string;
  /**
   * Compiles snippets, as a user does who has the SDK.
   *
   * @param protos - Text by path: those of the pages, which snippets may import stubs of.
   * @throws MissingTool where the language is not on this machine.
   * @throws Error with what the compiler said.
   */
  compile(
    snippets: readonly Snippet[],
    protos: ReadonlyMap<string, string>,
  ): Promise<CompiledSnippets>;
}

/** Snippets that can be run. */
export interface CompiledSnippets {
  /**
   * Runs one to its end.
   *
   * @param baseUrl - Of a server with every service of the roster; the snippet has it as BASE_URL.
   * @returns The lines that it printed.
   * @throws what it failed with.
   */
  run(snippet: Snippet, baseUrl: string): Promise<readonly string[]>;
  remove(): Promise<void>;
}
