import { BlobStoreUnavailable } from './errors.js';
import { STORE_LAYOUT } from './keys.js';
import type { StoreIdentity } from './port.js';

/** Most bytes of an identity record: ours has about 150, and a driver must not read a stranger's file whole. */
export const MAX_IDENTITY_BYTES = 4096;

/** The record at `IDENTITY_KEY`, the same for every driver: JSON with `layout`, `installation` and `incarnation`. */
export function encodeIdentity({ installation, incarnation }: StoreIdentity): Buffer {
  return Buffer.from(`${JSON.stringify({ layout: STORE_LAYOUT, installation, incarnation })}\n`);
}

/** Throws `BlobStoreUnavailable` when the record is not ours or of a newer layout: such a store must not be written to. */
export function decodeIdentity(bytes: Buffer): StoreIdentity {
  const { layout, installation, incarnation } = parseObject(bytes);
  if (typeof layout === 'number' && layout > STORE_LAYOUT) {
    throw new BlobStoreUnavailable(`the store has layout ${layout}, this release knows ${STORE_LAYOUT}`, false);
  }
  if (layout !== STORE_LAYOUT || typeof installation !== 'string' || typeof incarnation !== 'string') {
    throw new BlobStoreUnavailable('the identity record of the store is not one of ours', false);
  }
  return { installation, incarnation };
}

function parseObject(bytes: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch (cause) {
    throw new BlobStoreUnavailable('the identity record of the store is not JSON', false, { cause });
  }
}
