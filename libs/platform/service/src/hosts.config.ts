import { Setting } from '@entrepot/platform-config';

/** Which hosts are ours. Every service that answers HTTP needs the same values. */
export class HostsConfig {
  @Setting({
    env: 'ENTREPOT_PUBLIC_URL',
    kind: 'url',
    default: null,
    help: 'Address under which clients reach this installation, for example https://registry.example.com.',
    edge: 'Unset: only loopback names and addresses are taken for the installation itself; any other Host gets 421.',
  })
  publicUrl!: string | null;

  @Setting({
    env: 'ENTREPOT_PRIVATE_DOMAIN',
    kind: 'string',
    default: null,
    max: 200,
    help: 'Domain below which each registry has its private host, <name>-<registry id>.<domain>.',
  })
  privateDomain!: string | null;

  @Setting({
    env: 'ENTREPOT_PUBLIC_DOMAIN',
    kind: 'string',
    default: null,
    max: 200,
    help: 'Domain below which each registry has its public host, <name>-<registry id>.<domain>.',
  })
  publicDomain!: string | null;

  /** In the form that `hostConfig` of libs/access reads. */
  get publicUrls(): readonly string[] {
    return this.publicUrl === null ? [] : [this.publicUrl];
  }
}
