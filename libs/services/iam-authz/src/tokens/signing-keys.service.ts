import { importJWK, type CryptoKey, type JWK } from 'jose';
import { TOKEN_ALGORITHM } from '@entrepot/access';
import type { Database } from '@entrepot/platform-persistence';
import type { Pepper } from '../access-keys/secret-mac.js';
import { openJwk } from './sealed-jwk.js';
import { readSigningKeys } from './signing-key.store.js';

/** The key that signs now. */
export interface Signer {
  kid: string;
  key: CryptoKey;
}

/** The signing keys as this replica last read them. */
export class SigningKeys {
  readonly #sealingKey: Buffer;
  #signer: Signer | null = null;

  constructor(
    private readonly database: Database,
    pepper: Pepper,
  ) {
    this.#sealingKey = pepper.deriveKey('entrepot signing keys v1');
  }

  /** Throws `SealBroken` when the pepper is not the one that the key was sealed with. */
  async reload(): Promise<void> {
    const signing = (await readSigningKeys(this.database)).find(({ state }) => state === 'signing');
    if (!signing || signing.kid === this.#signer?.kid) return;
    const jwk = openJwk(signing.sealedPrivateJwk, signing.kid, this.#sealingKey);
    this.#signer = { kid: signing.kid, key: (await importJWK(jwk, TOKEN_ALGORITHM)) as CryptoKey };
  }

  async signer(): Promise<Signer> {
    if (!this.#signer) await this.reload();
    if (!this.#signer) throw new Error('no key signs: the rotation has not run');
    return this.#signer;
  }

  /** The public keys that a token may bear now or soon, as a JWK Set's `keys`; read afresh. */
  async published(): Promise<JWK[]> {
    return (await readSigningKeys(this.database)).map(({ publicJwk }) => publicJwk);
  }
}
