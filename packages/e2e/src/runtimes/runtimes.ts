/** A runtime, and through which entries the SDK is executed on it. */
export interface Runtime {
  /** Id for `--only`. */
  readonly id: string;
  /** Head of its column. */
  readonly title: string;
  readonly kind: "node" | "bun" | "deno" | "workerd" | "chromium";
  readonly entries: readonly ("node" | "web")[];
  /** Path of its program in the installed packages, by platform; absent if it is searched for. */
  readonly programs?: Readonly<Record<string, string>>;
}

/** This machine, as the keys of `programs` spell it. */
export const PLATFORM = `${process.platform}-${process.arch}`;

const BOTH = ["node", "web"] as const;

/** All runtimes, in the order of the table. Their versions are in `packages/e2e/runtimes`. */
export const RUNTIMES: readonly Runtime[] = [
  node(20, {}),
  node(22, {}),
  node(24, {}),
  node(26, { "darwin-arm64": "node-26-darwin-arm64/bin/node" }),
  {
    id: "bun",
    title: "Bun",
    kind: "bun",
    entries: BOTH,
    programs: {
      "darwin-arm64": "@oven/bun-darwin-aarch64/bin/bun",
      "linux-arm64": "@oven/bun-linux-aarch64/bin/bun",
      "linux-x64": "@oven/bun-linux-x64/bin/bun",
    },
  },
  {
    id: "deno",
    title: "Deno",
    kind: "deno",
    entries: BOTH,
    programs: {
      "darwin-arm64": "@deno/darwin-arm64/deno",
      "linux-arm64": "@deno/linux-arm64-glibc/deno",
      "linux-x64": "@deno/linux-x64-glibc/deno",
    },
  },
  {
    id: "workerd",
    title: "workerd",
    kind: "workerd",
    entries: ["web"],
    programs: {
      "darwin-arm64": "@cloudflare/workerd-darwin-arm64/bin/workerd",
      "linux-arm64": "@cloudflare/workerd-linux-arm64/bin/workerd",
      "linux-x64": "@cloudflare/workerd-linux-64/bin/workerd",
    },
  },
  { id: "chromium", title: "Chromium", kind: "chromium", entries: ["web"] },
];

function node(major: number, more: Record<string, string>): Runtime {
  return {
    id: `node-${major}`,
    title: `Node.js ${major}`,
    kind: "node",
    entries: BOTH,
    programs: {
      ...more,
      "linux-arm64": `node-${major}-linux-arm64/bin/node`,
      "linux-x64": `node-${major}-linux-x64/bin/node`,
    },
  };
}
