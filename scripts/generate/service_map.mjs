// @ts-check
import { parse } from "yaml";

import { table } from "./markdown.mjs";

/** Where the map lies, relative to the root. */
export const SERVICE_MAP = "docs/service-map.yaml";

/** The page that is drawn of it, beside those of the packages. */
export const SERVICES_PAGE = "services.md";

/**
 * A program that serves or calls areas.
 *
 * @typedef {object} Service
 * @property {string} name
 * @property {string} about
 * @property {string} [path] Its folder, where it lies in this repository.
 * @property {string} [repository] Where it lies otherwise, an https address.
 * @property {string[]} serves Areas: packages, or services of them.
 * @property {string[]} calls
 */

/** Areas of a module: each package that has services, with their names. @typedef {Map<string, string[]>} Areas */

const KEYS = ["name", "about", "path", "repository", "serves", "calls"];

/**
 * Reads a map.
 *
 * @param {string} text YAML.
 * @param {Areas} areas
 * @returns {Service[]} Sorted by name.
 * @throws {Error} With one line for each thing that is wrong.
 */
export function readServiceMap(text, areas) {
  /** @type {unknown} */
  const document = parse(text);
  const list = Object(document).services;
  if (!Array.isArray(list) || list.length === 0 || Object.keys(Object(document)).length !== 1) {
    throw new Error(`${SERVICE_MAP}: must be \`services:\` with a list of them, and nothing else`);
  }
  const problems = list.flatMap((each, index) => wrongEntry(each, areas, `services[${index}]`));
  const names = list.map((each) => Object(each).name);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) !== index) {
      problems.push(`services[${index}]: there is another service ${name}`);
    }
  }
  if (problems.length > 0) {
    throw new Error(problems.map((problem) => `${SERVICE_MAP}: ${problem}`).join("\n"));
  }
  const every = [...areas.keys()].toSorted();
  return list
    .map((each) => ({
      ...each,
      serves: each.serves === "all" ? every : (each.serves ?? []),
      calls: each.calls === "all" ? every : (each.calls ?? []),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * @param {unknown} entry
 * @param {Areas} areas
 * @param {string} where
 * @returns {string[]}
 */
function wrongEntry(entry, areas, where) {
  const { name, about, path, repository, serves, calls, ...others } = Object(entry);
  const problems = Object.keys(others).map(
    (key) => `unknown key ${key}: known are ${KEYS.join(", ")}`,
  );
  if (typeof name !== "string" || !/^[a-z][a-z0-9-]*$/.test(name)) {
    problems.push("name must be words in lower case, joined by hyphens");
  }
  if (typeof about !== "string" || about === "") {
    problems.push("about must say what it is");
  }
  if ((path === undefined) === (repository === undefined)) {
    problems.push("must have either a path or a repository");
  }
  if (path !== undefined && (typeof path !== "string" || path.startsWith("/"))) {
    problems.push("path must be a folder of this repository");
  }
  if (repository !== undefined && !/^https:\/\/\S+$/.test(String(repository))) {
    problems.push("repository must be an https address");
  }
  if (serves === undefined && calls === undefined) {
    problems.push("must serve or call something");
  }
  for (const [key, value] of Object.entries({ serves, calls })) {
    problems.push(...wrongAreas(value, areas).map((problem) => `${key}: ${problem}`));
  }
  return problems.map((problem) => `${typeof name === "string" ? name : where}: ${problem}`);
}

/**
 * @param {unknown} value
 * @param {Areas} areas
 * @returns {string[]}
 */
function wrongAreas(value, areas) {
  if (value === undefined || value === "all") {
    return [];
  }
  if (!Array.isArray(value) || value.length === 0) {
    return ["must be a list of areas, or all"];
  }
  return value.flatMap((each) => {
    const area = areaOf(String(each), areas);
    if (area === undefined) {
      return [`there is no area ${each}`];
    }
    const service = String(each).slice(area.length + 1);
    return service === "" || areas.get(area)?.includes(service)
      ? []
      : [`there is no service ${service} in ${area}`];
  });
}

/**
 * The areas of a module.
 *
 * @param {import("../checks/image.mjs").Image} image
 * @returns {Areas}
 */
export function areasOf({ files }) {
  /** @type {Areas} */
  const areas = new Map();
  for (const { proto, services } of files) {
    if (services.length > 0) {
      const names = services.map(({ name }) => name);
      areas.set(proto.package, [...(areas.get(proto.package) ?? []), ...names]);
    }
  }
  return areas;
}

/**
 * The package of what a map calls an area.
 *
 * @param {string} name `ameide.meter.v1`, or `ameide.meter.v1.MeterService`.
 * @param {Areas} areas
 */
export function areaOf(name, areas) {
  return areas.has(name) ? name : [...areas.keys()].find((area) => name.startsWith(`${area}.`));
}

/**
 * The page of a map: a graph, and a table.
 *
 * @param {Service[]} services
 * @param {Areas} areas
 */
export function servicesPage(services, areas) {
  const names = [...areas.keys()].toSorted();
  const edges = services.flatMap(({ name, serves, calls }) => [
    ...packagesOf(calls, areas).map((area) => `  ${id(name)} --> ${id(area)}`),
    ...packagesOf(serves, areas).map((area) => `  ${id(area)} -.-> ${id(name)}`),
  ]);
  const link = (/** @type {string} */ name) => `[${name}](${areaOf(name, areas)}.md)`;
  const rows = services.map(({ name, about, path, repository, serves, calls }) => [
    path === undefined ? `[${name}](${repository})` : `[${name}](../../${path})`,
    about,
    calls.map(link).join(", "),
    serves.length === areas.size ? "all" : serves.map(link).join(", "),
  ]);
  return [
    `<!-- Generated by scripts/generate.mjs from ${SERVICE_MAP}. DO NOT EDIT. -->`,
    "# Services",
    `Which service calls which area (arrow), and which serves it (dotted arrow). [The map](../service-map.md) says how to add one.`,
    [
      "```mermaid",
      "graph LR",
      ...services.map(({ name }) => `  ${id(name)}["${name}"]`),
      ...names.map((area) => `  ${id(area)}(["${area}"])`),
      ...edges,
      "```",
    ].join("\n"),
    `${table(["service", "what it is", "calls", "serves"], rows)}\n`,
  ].join("\n\n");
}

/**
 * @param {string[]} names
 * @param {Areas} areas
 * @returns {string[]}
 */
function packagesOf(names, areas) {
  return [...new Set(names.map((name) => areaOf(name, areas) ?? name))].toSorted();
}

/** @param {string} name */
function id(name) {
  return name.replaceAll(/[^a-z0-9]/gi, "_");
}
