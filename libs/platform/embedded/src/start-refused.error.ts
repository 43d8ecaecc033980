/**
 * The environment does not let us start: another start holds the data directory, a folder can't be written, a server's data is of
 * another major version. The message is one sentence for the person at the terminal: print it alone, without a stack, and exit with 1.
 */
export class StartRefusedError extends Error {
  override readonly name = 'StartRefusedError';
}
