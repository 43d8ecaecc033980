import type { HostConfig } from '@entrepot/access';

/** The hosts that this installation answers for. */
export class IamHosts {
  constructor(readonly config: HostConfig) {}
}
