/** False in Bun and Deno, whose `node:` modules are built differently. */
export const IS_NODE = !("Bun" in globalThis) && !("Deno" in globalThis);
