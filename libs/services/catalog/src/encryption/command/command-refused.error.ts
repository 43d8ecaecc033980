/** The command can't do what it was told; its message is one sentence for the operator. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';
}
