import { Setting } from '@entrepot/platform-config';

/** Settings of `console`. */
export class ConsoleConfig {
  @Setting({
    env: 'ENTREPOT_PUBLIC_URL',
    kind: 'url',
    optional: true,
    help: 'Address under which clients reach this installation, for example https://registry.example.com.',
    edge: 'Unset: the page shows the address that the browser asked.',
  })
  publicUrl?: string;
}
