// @ts-check
import { areaOf, readServiceMap, SERVICE_MAP } from "../generate/service_map.mjs";
import { isTest } from "./layers.mjs";

/** @type {import("./tree.mjs").Check} */
export const serviceMap = {
  name: "service-map",
  about: "every service of docs/service-map.yaml calls and serves what it says, by its imports",
  run(tree) {
    const areas = areasOf(tree);
    const services = readServiceMap(tree.read(SERVICE_MAP), areas);
    const problems = services.flatMap((service) =>
      service.path === undefined
        ? []
        : wrongService(tree, { ...service, path: service.path }, areas),
    );
    return { problems, note: `${services.length} services` };
  },
};

/**
 * The packages of the module that have services, with their names.
 *
 * @param {import("./tree.mjs").Tree} tree
 * @returns {import("../generate/service_map.mjs").Areas}
 */
function areasOf({ files, read }) {
  /** @type {import("../generate/service_map.mjs").Areas} */
  const areas = new Map();
  for (const file of files.filter((each) => /^proto\/.*\.proto$/.test(each))) {
    const text = read(file);
    const name = /^package ([\w.]+);/m.exec(text)?.[1] ?? "";
    const services = [...text.matchAll(/^service (\w+)/gm)].map(([, service = ""]) => service);
    if (services.length > 0) {
      areas.set(name, [...(areas.get(name) ?? []), ...services]);
    }
  }
  return areas;
}

/**
 * @param {import("./tree.mjs").Tree} tree
 * @param {import("../generate/service_map.mjs").Service & { path: string }} service
 * @param {import("../generate/service_map.mjs").Areas} areas
 * @returns {string[]}
 */
function wrongService({ files, read }, { name, path, serves, calls }, areas) {
  const sources = files.filter(
    (file) => file.startsWith(`${path}/`) && /\.([cm]?[jt]s|go|py)$/.test(file) && !isTest(file),
  );
  if (sources.length === 0) {
    return [`${SERVICE_MAP}: ${name}: there is no program in ${path}`];
  }
  const text = sources.map(read).join("\n");
  const imported = [...areas.keys()].filter((area) => imports(area).test(text));
  const stated = [...serves, ...calls].map((each) => areaOf(each, areas) ?? each);
  const missing = imported.filter((area) => !stated.includes(area));
  // A client of the roster loads any area by itself.
  const roster = /ameide-sdk-ts\/(client|roster)"|ameide-sdk-go\/client"|\b(Async)?AmeideClient\b/;
  const idle = roster.test(text) ? [] : stated.filter((area) => !imported.includes(area));
  return [
    ...missing.map((area) => `${SERVICE_MAP}: ${name}: imports ${area}, which it does not state`),
    ...[...new Set(idle)].map(
      (area) => `${SERVICE_MAP}: ${name}: states ${area}, imports no stub of it`,
    ),
  ];
}

/**
 * How programs name the stubs of an area, in any language.
 *
 * @param {string} area
 */
function imports(area) {
  const dots = area.replaceAll(".", String.raw`\.`);
  const slashes = area.replaceAll(".", "/");
  const entry = slashes.replace(/^ameide\//, "");
  return new RegExp(
    [
      `core-proto(-go)?/${slashes}\\b`,
      `ameide-sdk-ts/${entry}\\b`,
      `ameide_core_proto\\.${dots}\\b`,
    ].join("|"),
  );
}
