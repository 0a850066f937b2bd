/** States the rule of an entry. */
export const INSECURE_HOST_RULE =
  "must be an array of host names or IP addresses without port, written as in the base address; " +
  "a name may begin with one *., if two labels follow";

/**
 * Reports whether a value names hosts that plain http may go to. `*.` stands for one or more
 * labels, and needs at least two behind it: `*.com` would match hosts of many owners.
 */
export function isInsecureHost(entry: unknown): entry is string {
  if (typeof entry !== "string") {
    return false;
  }
  const name = entry.toLowerCase().replace(/^\*\./, "");
  return isHost(name) && (name.length === entry.length || isParent(name));
}

/**
 * Reports whether a list of hosts includes one.
 *
 * @param hostname - Host in the spelling of the URL Standard.
 */
export function includesHost(entries: readonly string[], hostname: string): boolean {
  return entries.some((entry) => {
    const lower = entry.toLowerCase();
    return lower.startsWith("*.")
      ? hostname.endsWith(lower.slice(1)) && hostname.length >= lower.length
      : hostname === lower;
  });
}

// Accepts only the spelling of the URL Standard for IP addresses and names: it would turn any other
// text into another host, or into more than a host.
function isHost(name: string): boolean {
  try {
    const { hostname, host, href } = new URL(`http://${name}`);
    return name === hostname && name === host && href === `http://${name}/` && !name.includes("*");
  } catch {
    return false;
  }
}

function isParent(name: string): boolean {
  const labels = name.replace(/\.$/, "").split(".");
  const isAddress = /^[\d.]+$/.test(name);
  return labels.length > 1 && !labels.includes("") && !isAddress;
}
