/** The style that the pages of reports have in common: light and dark, without other resources. */
export const PAGE_STYLE: string;
