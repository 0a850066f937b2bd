import type { LookupAddress } from "node:dns";

// RFC 6761, section 6.3: a name of the machine itself, whatever a resolver says.
const LOCALHOST = /^(?:.+\.)?localhost\.?$/;
const LOOPBACK: readonly LookupAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

/** Returns the addresses of a host in the order to try them: the families alternate. */
export async function addressesOf(host: string): Promise<readonly LookupAddress[]> {
  const { isIP } = process.getBuiltinModule("node:net");
  const family = isIP(host);
  if (family !== 0) {
    return [{ address: host, family }];
  }
  if (LOCALHOST.test(host)) {
    return LOOPBACK;
  }
  const { lookup } = process.getBuiltinModule("node:dns");
  const found = await new Promise<readonly LookupAddress[]>((resolve, reject) => {
    lookup(host, { all: true }, (reason, addresses) => {
      if (reason === null) {
        resolve(addresses);
      } else {
        reject(reason);
      }
    });
  });
  return interleaved(found);
}

// RFC 8305, section 4.
function interleaved(found: readonly LookupAddress[]): readonly LookupAddress[] {
  const preferred = found[0]?.family;
  const first = found.filter(({ family }) => family === preferred);
  const others = found.filter(({ family }) => family !== preferred);
  return found.map((_, i) => {
    const turns = Math.min(first.length, others.length) * 2;
    const [own, other] = [Math.floor(i / 2), others[Math.floor(i / 2)]];
    if (i < turns) {
      return (i % 2 === 0 ? first[own] : other) as LookupAddress;
    }
    const longer = first.length > others.length ? first : others;
    return longer[i - turns / 2] as LookupAddress;
  });
}
