import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { JWK } from 'jose';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A private key that can't be opened: the pepper is not the one it was sealed with. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

/** Encrypts a private JWK for the database: nonce, AES-256-GCM ciphertext, tag; the key's id is bound to it. */
export function sealJwk(jwk: JWK, kid: string, key: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(kid));
  return Buffer.concat([nonce, cipher.update(JSON.stringify(jwk), 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

/** Opens what {@link sealJwk} made. Throws {@link SealBroken}. */
export function openJwk(sealed: Buffer, kid: string, key: Buffer): JWK {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(kid));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    const text = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    return JSON.parse(text.toString('utf8')) as JWK;
  } catch (cause) {
    throw new SealBroken('A signing key cannot be opened: ENTREPOT_IAM_PEPPER is not the one it was sealed with.', {
      cause,
    });
  }
}
