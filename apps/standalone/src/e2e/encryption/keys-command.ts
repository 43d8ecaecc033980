import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../../../catalog/dist/keys.js', import.meta.url));

export interface CommandResult {
  readonly code: number | null;
  readonly output: Buffer;
  readonly said: string;
}

/** Runs `npm run keys -- …` as an operator does, without npm. */
export function keys(args: readonly string[], input: Buffer | null = null): Promise<CommandResult> {
  const env = { PATH: process.env['PATH'], ENTREPOT_TEST_RUN: process.env['ENTREPOT_TEST_RUN'] };
  const child = spawn(process.execPath, [PROGRAM, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const [output, said]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input ?? undefined);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, output: Buffer.concat(output), said: Buffer.concat(said).toString('utf8') });
    });
  });
}
