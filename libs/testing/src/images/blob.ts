import { createCipheriv, hash } from 'node:crypto';
import { type Algorithm, type Content, contentOf } from './content.js';

/** Bytes that look random and are the same for the same seed: a failure can be repeated, and no two seeds share a blob. */
export function someBytes(size: number, seed: number | string): Buffer {
  const key = hash('sha256', `entrepot test bytes ${seed}`, 'buffer');
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  return cipher.update(Buffer.alloc(size));
}

/** A blob of exactly `size` bytes. */
export function aBlob(
  size: number,
  seed: number | string,
  options: { mediaType?: string; algorithm?: Algorithm } = {},
): Content {
  return contentOf(someBytes(size, seed), options);
}
