/** Others have `node:` modules that are made in another way. */
export const IS_NODE = !("Bun" in globalThis) && !("Deno" in globalThis);
