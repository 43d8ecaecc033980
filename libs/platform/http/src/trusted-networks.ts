import ipaddr from 'ipaddr.js';

/** One sentence for each entry that is no network of proxies: an address or a CIDR, and never the whole of the internet. */
export function networkProblems(networks: readonly string[]): string[] {
  return networks.flatMap((network) => {
    if (ipaddr.isValid(network) || (ipaddr.isValidCIDR(network) && !network.endsWith('/0'))) return [];
    return [
      `${JSON.stringify(network)} is no address and no network such as 10.0.0.0/8; everyone (/0) can't be trusted.`,
    ];
  });
}
