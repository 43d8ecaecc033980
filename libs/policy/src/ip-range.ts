import ipaddr from 'ipaddr.js';

type Address = ReturnType<typeof ipaddr.parse>;

/** A range of addresses of one family. Host bits in `base` are ignored. */
export interface IpRange {
  readonly base: Address;
  readonly prefix: number;
}

/** How many leading bits `::ffff:a.b.c.d` has before the IPv4 address. */
const MAPPED_PREFIX = 96;

/**
 * Reads an address. IPv4 only as four decimal parts: the historical forms (`0x7f.1`, `010.0.0.1`, `10`) mean different things to
 * different readers. An IPv4-mapped IPv6 address becomes the IPv4 address. Null when it is none.
 */
export function parseAddress(text: string): Address | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.parse(text);
  if (!text.includes(':') || !ipaddr.IPv6.isValid(text)) return null;
  return ipaddr.process(text);
}

/** Reads `address` or `address/prefix`, v4 or v6; a mapped range of /96 or longer becomes its IPv4 range. Null when it is none. */
export function parseIpRange(text: string): IpRange | null {
  const slash = text.indexOf('/');
  if (slash < 0) {
    const base = text.includes('%') ? null : parseAddress(text);
    return base && { base, prefix: bitsOf(base) };
  }
  const [addressText, prefixText] = [text.slice(0, slash), text.slice(slash + 1)];
  if (addressText.includes('%') || !/^(0|[1-9]\d{0,2})$/.test(prefixText)) return null;
  return withPrefix(addressText, Number(prefixText));
}

function withPrefix(addressText: string, prefix: number): IpRange | null {
  const base = parseAddress(addressText);
  if (!base) return null;
  if (addressText.includes(':') && base.kind() === 'ipv4') {
    if (prefix >= MAPPED_PREFIX && prefix <= 128) return { base, prefix: prefix - MAPPED_PREFIX };
    return prefix < MAPPED_PREFIX ? { base: ipaddr.IPv6.parse(addressText), prefix } : null;
  }
  return prefix <= bitsOf(base) ? { base, prefix } : null;
}

/** Whether the range holds the address. Families never mix: `::/0` holds no IPv4 address, and `0.0.0.0/0` no IPv6 address. */
export function rangeContains(range: IpRange, address: Address): boolean {
  return range.base.kind() === address.kind() && address.match(range.base, range.prefix);
}

function bitsOf(address: Address): number {
  return address.kind() === 'ipv4' ? 32 : 128;
}
