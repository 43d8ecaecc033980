import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../../../catalog/dist/storage.js', import.meta.url));

/** `npm run storage -- …` as an operator runs it, without npm. */
export class StorageCommand {
  readonly #child: ChildProcess;
  readonly #said: Buffer[] = [];
  /** Null when a signal ended it. */
  readonly code: Promise<number | null>;

  constructor(args: readonly string[], settings: Readonly<Record<string, string>>) {
    const { PATH, ENTREPOT_TEST_RUN } = process.env;
    const env = { PATH, ENTREPOT_TEST_RUN, ...settings };
    this.#child = spawn(process.execPath, [PROGRAM, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#said.push(chunk));
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#said.push(chunk));
    this.code = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', resolve);
    });
  }

  get said(): string {
    return Buffer.concat(this.#said).toString('utf8');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
