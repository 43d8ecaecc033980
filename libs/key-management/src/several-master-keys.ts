import type { KeyObject } from 'node:crypto';
import { MasterKeyMissing } from './errors.js';
import type { KeyContext, MasterKeys, WrappedKey } from './master-keys.js';

/** Master keys of several holders, for the way from one to another: the first wraps, each unwraps what it wrapped. */
export class SeveralMasterKeys implements MasterKeys {
  constructor(private readonly holders: readonly [MasterKeys, ...MasterKeys[]]) {}

  currentId(): Promise<string> {
    return this.holders[0].currentId();
  }

  wrap(secret: KeyObject, context: KeyContext): Promise<WrappedKey> {
    return this.holders[0].wrap(secret, context);
  }

  async unwrap(key: WrappedKey, context: KeyContext): Promise<KeyObject> {
    let told: MasterKeyMissing | undefined;
    for (const holder of this.holders) {
      try {
        return await holder.unwrap(key, context);
      } catch (error) {
        if (!(error instanceof MasterKeyMissing)) throw error;
        if (error.why !== undefined) told = error;
      }
    }
    throw told ?? new MasterKeyMissing(key.masterKeyId);
  }

  /** By the current holder itself where it can: then the data key isn't seen here. */
  async rewrap(key: WrappedKey, context: KeyContext): Promise<WrappedKey> {
    try {
      return await this.holders[0].rewrap(key, context);
    } catch (error) {
      if (!(error instanceof MasterKeyMissing)) throw error;
      return this.wrap(await this.unwrap(key, context), context);
    }
  }
}
