import type { RegistryClient } from '@entrepot/testing';
import { PRIVATE_DOMAIN, type Scene } from './scene.js';

/** How a registry is addressed, and with it how clients log in: both ways are walked by every conformance test. */
export type Style = 'path' | 'host';

/** Where the tests of one style push to. */
export interface Place {
  readonly client: RegistryClient;
  /** `<name>` of an image in repository `apps`. */
  image(name: string): string;
  /** `<name>` of an image in repository `charts`. */
  chart(name: string): string;
  /** Makes content of this style's own, so that no test meets what another style pushed. */
  readonly seed: string;
}

/** Path style with Basic, host style with tokens, as docker has it. */
export function placeOf({ root, registryId }: Scene, style: Style): Place {
  const prefix = style === 'path' ? 'demo/' : '';
  const client = style === 'path' ? root : root.as({ host: `demo-${registryId}.${PRIVATE_DOMAIN}`, login: 'token' });
  return {
    client,
    image: (name) => `${prefix}apps/${style}/${name}`,
    chart: (name) => `${prefix}charts/${style}/${name}`,
    seed: style,
  };
}
