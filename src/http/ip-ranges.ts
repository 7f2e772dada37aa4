import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A block of addresses: its first address and how many leading bits all have in common. */
export type IpRange = readonly [first: Address, bits: number];

/** Undefined for what is neither a CIDR block nor a single address. */
export function ipRange(text: string): IpRange | undefined {
  if (ipaddr.isValidCIDR(text)) {
    const [first, bits] = ipaddr.parseCIDR(text);
    return asIPv4(first, bits) ?? [first, bits];
  }
  if (!ipaddr.isValid(text)) return undefined;
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/** Whether the address, be it an IPv4 address in the form of IPv6, is in one of the ranges. */
export function isInRanges(text: string, ranges: readonly IpRange[]): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  return ranges.some(
    ([first, bits]) => first.kind() === address.kind() && address.match(first, bits),
  );
}

/** An address as people write it: an IPv4 address in the form of IPv6 as what it is. */
export const shownAddress = (text: string): string =>
  ipaddr.isValid(text) ? ipaddr.process(text).toString() : text;

/** A block of IPv4 addresses in the form of IPv6, such as ::ffff:203.0.113.0/120. RFC 4291 §2.5.5.2 */
function asIPv4(first: Address, bits: number): IpRange | undefined {
  if (first.kind() === 'ipv4' || bits < 96) return undefined;
  const address = ipaddr.process(first.toString());
  return address.kind() === 'ipv4' ? [address, bits - 96] : undefined;
}
