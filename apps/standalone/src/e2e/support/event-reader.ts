import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Suite } from '@entrepot/testing';

const EXAMPLE = fileURLToPath(new URL('../../../../../docs/examples/consume-events.mjs', import.meta.url));

/** One event as the documented consumer prints it. */
export interface HeardEvent {
  readonly time: string;
  readonly type: string;
  readonly id: string;
  readonly data: Record<string, unknown>;
}

/** The consumer of `docs/events.md`, run as a stranger would: so the page stays true. It goes on where the one before it stopped. */
export class EventReader {
  readonly events: HeardEvent[] = [];
  private errors = '';

  private constructor(private readonly child: ChildProcess) {
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => {
      const [time = '', type = '', id = '', ...rest] = line.split(' ');
      this.events.push({ time, type, id, data: JSON.parse(rest.join(' ')) as Record<string, unknown> });
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
  }

  static start({ dataDirectory }: Suite): EventReader {
    const env = { PATH: process.env['PATH'], ENTREPOT_DATA_DIR: dataDirectory };
    return new EventReader(spawn(process.execPath, [EXAMPLE], { env, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /** Resolves to the events that match, once there are `count`; rejects after `withinMs` with what was heard instead. */
  async heard(matches: (event: HeardEvent) => boolean, count = 1, withinMs = 15_000): Promise<HeardEvent[]> {
    const end = Date.now() + withinMs;
    for (;;) {
      const found = this.events.filter(matches);
      if (found.length >= count) return found;
      if (Date.now() > end || this.child.exitCode !== null) {
        const types = this.events.map(({ type, data }) => `${type} ${String(data['image'] ?? '')}`);
        throw new Error(`${found.length} of ${count} events; heard ${types.join(', ')}\n${this.errors}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill('SIGTERM');
    await ended;
  }
}
