import { describe, expect, it } from '@jest/globals';
import { StorageRefused, type StoreIdentity } from '@entrepot/blob-store';
import type { MessageClient } from '@entrepot/platform-messaging';
import { SameStore } from './same-store.js';

const OURS = { installation: 'ours', incarnation: '1' };

function under(identity: () => StoreIdentity | null) {
  const clock = { now: 0, asked: 0 };
  const messages = { ask: async () => ({ installation: 'ours' }) } as unknown as Pick<MessageClient, 'ask'>;
  const store = {
    identity: async () => {
      clock.asked++;
      return identity();
    },
  };
  return { clock, same: new SameStore(messages, store, () => clock.now) };
}

describe('the store of a gateway', () => {
  it('is the catalog’s by the installation’s id, whatever the incarnation, and is looked at once a minute', async () => {
    const { clock, same } = under(() => ({ ...OURS, incarnation: '2' }));
    await same.refuseAnother();
    await same.check();
    expect(clock.asked).toBe(1);
    clock.now = 60_001;
    await same.check();
    expect(clock.asked).toBe(2);
  });

  it('is refused at start when it is another installation’s', async () => {
    const { same } = under(() => ({ ...OURS, installation: 'theirs' }));
    await expect(same.refuseAnother()).rejects.toBeInstanceOf(StorageRefused);
    await expect(same.refuseAnother()).rejects.toThrow(
      'it belongs to the installation theirs, and the catalog to ours',
    );
  });

  it('makes the gateway wait, and not end, while nobody can say whose it is', async () => {
    let identity: StoreIdentity | null = null;
    const { same } = under(() => identity);
    await same.refuseAnother();
    await expect(same.check()).rejects.toThrow('of no installation yet');
    identity = OURS;
    await same.check();
  });
});
