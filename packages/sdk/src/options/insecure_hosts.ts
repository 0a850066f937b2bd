/** The rule of an entry, in words. */
export const INSECURE_HOST_RULE =
  "must be an array of host names or IP addresses without port, written as in the base address; " +
  "a name may begin with one *., if two labels follow";

/**
 * Whether a value names hosts that plain http may go to. `*.` stands for one or
 * more labels, and needs two behind it: `*.com` would be everybody's.
 */
export function isInsecureHost(entry: unknown): entry is string {
  if (typeof entry !== "string") {
    return false;
  }
  const name = entry.toLowerCase().replace(/^\*\./, "");
  return isHost(name) && (name.length === entry.length || isParent(name));
}

/**
 * Whether hosts of a list include one.
 *
 * @param hostname - As the URL Standard writes it.
 */
export function includesHost(entries: readonly string[], hostname: string): boolean {
  return entries.some((entry) => {
    const lower = entry.toLowerCase();
    return lower.startsWith("*.")
      ? hostname.endsWith(lower.slice(1)) && hostname.length >= lower.length
      : hostname === lower;
  });
}

// The URL Standard writes IP addresses and names in one way; what it would make another
// host of, or more than a host, is none.
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
