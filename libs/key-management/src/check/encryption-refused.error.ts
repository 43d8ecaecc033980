/** The process must not serve: its message is the one sentence that says why. */
export class EncryptionRefused extends Error {
  override readonly name = 'EncryptionRefused';
}
