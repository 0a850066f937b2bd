// @ts-check
import { existsSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path/posix";

import { homeOf } from "../workspace.mjs";

/** @type {import("./tree.mjs").Check} */
export const docs = {
  name: "docs",
  about: "every link and heading anchor into this repository in a Markdown file resolves",
  run(tree) {
    const pages = tree.files.filter((file) => file.endsWith(".md"));
    const problems = pages.flatMap((page) => brokenLinks(tree, page));
    return {
      problems: pages.length === 0 ? ["saw no page"] : problems,
      note: `${pages.length} pages`,
    };
  },
};

/**
 * @param {import("./tree.mjs").Tree} tree
 * @param {string} page
 */
function brokenLinks(tree, page) {
  const text = tree.read(page).replaceAll(`](${homeOf(tree.root)}/blob/main/`, "](/");
  return linksOf(text).flatMap(({ target, line }) => {
    const [path = "", anchor] = target.split("#");
    const from = path.startsWith("/") ? "" : dirname(page);
    const file = path === "" ? page : normalize(join(from, `./${decodeURIComponent(path)}`));
    const full = join(tree.root, file);
    const where = `${page}:${line}: ${target}`;
    if (file.startsWith("..") || !existsSync(full)) {
      return [`${where}: there is no ${file}`];
    }
    if (anchor === undefined || !file.endsWith(".md") || statSync(full).isDirectory()) {
      return [];
    }
    return anchorsOf(tree.read(file)).has(anchor) ? [] : [`${where}: ${file} has no such heading`];
  });
}

/**
 * The Markdown files that a page links to, itself left out, in the order of the text.
 *
 * @param {string} page
 * @param {string} markdown
 */
export function linkedPages(page, markdown) {
  const targets = linksOf(markdown).map(({ target }) => target.replace(/#.*/, ""));
  return [...new Set(targets)]
    .filter((target) => target.endsWith(".md"))
    .map((target) => normalize(join(dirname(page), target)));
}

/**
 * The links of a page without a host; code, and addresses with a scheme, are none.
 *
 * @param {string} markdown
 * @returns {{ target: string, line: number }[]}
 */
export function linksOf(markdown) {
  const links = [];
  for (const [index, text] of proseLines(markdown)) {
    const inline = text.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g);
    const defined = text.matchAll(/^\s{0,3}\[[^\]]+\]:\s*<?(\S+?)>?\s*$/g);
    for (const [, target = ""] of [...inline, ...defined]) {
      if (!/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(target)) {
        links.push({ target, line: index + 1 });
      }
    }
  }
  return links;
}

/**
 * The anchors GitHub gives a page's headings.
 *
 * @param {string} markdown
 * @returns {Set<string>}
 */
export function anchorsOf(markdown) {
  /** @type {Set<string>} */
  const anchors = new Set();
  for (const [, text] of proseLines(markdown, { keepCode: true })) {
    for (const [, name = ""] of text.matchAll(/<a (?:id|name)="([^"]+)"/g)) {
      anchors.add(name);
    }
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(text)?.[1];
    if (heading === undefined) {
      continue;
    }
    const slug = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, "")
      .replaceAll(" ", "-");
    let anchor = slug;
    for (let copy = 1; anchors.has(anchor); copy++) {
      anchor = `${slug}-${copy}`;
    }
    anchors.add(anchor);
  }
  return anchors;
}

/**
 * @param {string} markdown
 * @param {{ keepCode?: boolean }} [options] Whether inline code stays.
 * @returns {[number, string][]} Index and text of every line outside fenced code.
 */
function proseLines(markdown, { keepCode = false } = {}) {
  /** @type {[number, string][]} */
  const lines = [];
  /** @type {string | undefined} */
  let fence;
  for (const [index, line] of markdown.split(/\r?\n/).entries()) {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== undefined) {
      if (mark?.startsWith(fence)) {
        fence = undefined;
      }
    } else if (mark === undefined) {
      lines.push([index, keepCode ? line : line.replaceAll(/`[^`]*`/g, "")]);
    } else {
      fence = mark;
    }
  }
  return lines;
}
