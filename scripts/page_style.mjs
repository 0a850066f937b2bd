// @ts-check
import { readFileSync } from "node:fs";

/** The style that the pages of reports have in common: light and dark, without other resources. */
export const PAGE_STYLE = readFileSync(new URL("page.css", import.meta.url), "utf8");
