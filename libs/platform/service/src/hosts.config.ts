import { Setting } from '@entrepot/platform-config';

/** Which hosts are ours. Every service that answers HTTP needs the same values. */
export class HostsConfig {
  @Setting({
    env: 'ENTREPOT_PUBLIC_URL',
    kind: 'url',
    optional: true,
    help: 'Address under which clients reach this installation, for example https://registry.example.com.',
    edge: 'Unset: only loopback names and addresses are taken for the installation itself; any other Host gets 421.',
  })
  publicUrl?: string;

  @Setting({
    env: 'ENTREPOT_PRIVATE_DOMAIN',
    kind: 'string',
    optional: true,
    max: 200,
    help: 'Domain below which each registry has its private host, <name>-<registry id>.<domain>.',
  })
  privateDomain?: string;

  @Setting({
    env: 'ENTREPOT_PUBLIC_DOMAIN',
    kind: 'string',
    optional: true,
    max: 200,
    help: 'Domain below which each registry has its public host, <name>-<registry id>.<domain>.',
  })
  publicDomain?: string;

  /** In the form that `hostConfig` of libs/access reads. */
  get hosts(): { publicUrls: readonly string[]; privateDomain: string | null; publicDomain: string | null } {
    const { publicUrl, privateDomain = null, publicDomain = null } = this;
    return { publicUrls: publicUrl === undefined ? [] : [publicUrl], privateDomain, publicDomain };
  }
}
