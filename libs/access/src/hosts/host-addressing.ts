import { isIP } from 'node:net';
import { URL } from 'node:url';

/** The settings that say which hosts are ours: `ENTREPOT_PUBLIC_URL`, `_PRIVATE_DOMAIN`, `_PUBLIC_DOMAIN`. */
export interface HostSettings {
  /** URLs of the installation's own host. None: loopback names and addresses, on any port, are it. */
  publicUrls: readonly string[];
  privateDomain: string | null;
  publicDomain: string | null;
}

/** {@link HostSettings}, read once. */
export interface HostConfig {
  readonly ownHosts: ReadonlySet<string>;
  readonly loopback: boolean;
  readonly domains: readonly { readonly suffix: string; readonly kind: 'private' | 'public' }[];
}

/** How a request's host addresses registries. `domain` is what the name says, never a network rule: that follows the listener. */
export type HostAddress =
  | { readonly style: 'path' }
  | {
      readonly style: 'host';
      readonly registryId: string;
      readonly name: string;
      readonly domain: 'private' | 'public';
    };

const PATH_STYLE: HostAddress = Object.freeze({ style: 'path' });
const REGISTRY_LABEL = /^([a-z][a-z0-9]{2,24})-([0-9a-f]{32})$/;
const DOMAIN_NAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;
const DEFAULT_PORT: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** Reads the settings once. Throws a RangeError for a domain that is none, a TypeError for a URL that is none. */
export function hostConfig(settings: HostSettings): HostConfig {
  const domains = [
    { name: settings.privateDomain, kind: 'private' as const },
    { name: settings.publicDomain, kind: 'public' as const },
  ].flatMap(({ name, kind }) => (name ? [{ suffix: `.${domainName(name)}`, kind }] : []));
  const ownHosts = new Set(settings.publicUrls.flatMap(hostsOfUrl));
  return { ownHosts, loopback: ownHosts.size === 0, domains };
}

/**
 * Which registries does this `Host` header lead to? `path`: the installation's own host, the path names the registry. `host`:
 * `<name>-<32 hex id>.<domain>`, on any port. Null: not a host of ours (421, RFC 9110 §15.5.20), a malformed one included.
 */
export function registryOfHost(host: string | undefined, config: HostConfig): HostAddress | null {
  const parsed = parseHost(host);
  if (!parsed) return null;
  const { name, port } = parsed;
  if (config.ownHosts.has(`${name}:${port}`)) return PATH_STYLE;
  if (config.loopback && isLoopback(name)) return PATH_STYLE;
  return registryHost(name, config);
}

/** The audience of a token for this host: as the client wrote it, in lower case. Null for a malformed one. */
export function audienceOfHost(host: string | undefined): string | null {
  return parseHost(host) && (host as string).toLowerCase();
}

function registryHost(name: string, { domains }: HostConfig): HostAddress | null {
  for (const { suffix, kind } of domains) {
    if (!name.endsWith(suffix)) continue;
    const label = REGISTRY_LABEL.exec(name.slice(0, -suffix.length));
    if (label) return { style: 'host', name: label[1] as string, registryId: label[2] as string, domain: kind };
  }
  return null;
}

/** Host and port of a `Host` header; the port is empty when none is written. */
function parseHost(host: string | undefined): { name: string; port: string } | null {
  // 253 characters of name, a dot, a colon and a port.
  if (host === undefined || host.length > 260) return null;
  const match = /^(\[[0-9a-f:.]+\]|[^[\]:\s/@]+?)\.?(?::(\d{1,5}))?$/.exec(host.toLowerCase());
  if (!match) return null;
  const name = match[1] as string;
  const port = match[2] ?? '';
  if (Number(port) > 65_535) return null;
  const legal = name.startsWith('[') ? isIP(name.slice(1, -1)) === 6 : DOMAIN_NAME.test(name);
  return legal ? { name, port } : null;
}

// A URL on its scheme's default port is asked for with and without that port.
function hostsOfUrl(text: string): string[] {
  const { hostname, port, protocol } = new URL(text);
  const name = hostname.replace(/\.$/, '');
  const standard = DEFAULT_PORT[protocol] ?? '';
  return port === '' || port === standard ? [`${name}:`, `${name}:${standard}`] : [`${name}:${port}`];
}

function domainName(text: string): string {
  const name = text.toLowerCase().replace(/^\.|\.$/g, '');
  if (!DOMAIN_NAME.test(name)) throw new RangeError(`${JSON.stringify(text)} is not a domain name.`);
  return name;
}

function isLoopback(name: string): boolean {
  if (name === 'localhost' || name.endsWith('.localhost') || name === '[::1]') return true;
  return isIP(name) === 4 && name.startsWith('127.');
}
