/** The SDKs, by their ids. */
export const SDKS = ["ts", "go", "python"] as const;

/** Id of an SDK. */
export type Sdk = (typeof SDKS)[number];

/** The language of each SDK: the field of `Names` that holds for it. */
export const LANGUAGES = { ts: "typescript", go: "go", python: "python" } as const;
