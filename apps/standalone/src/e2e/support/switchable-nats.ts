import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNatsServer } from '@entrepot/platform-embedded';
import { childOf } from './load.js';
import type { Scene } from './scene.js';

const TOOLS = fileURLToPath(new URL('../../../../../.entrepot/tools', import.meta.url));

/** A nats-server that can be kept away: the suite's supervisor starts it again at once, and it does not come up until it may. */
export class SwitchableNats {
  readonly #folder = mkdtempSync(join(tmpdir(), 'entrepot-nats-'));
  readonly #away = join(this.#folder, 'away');

  constructor() {
    const binary = findNatsServer({ toolsDirectory: TOOLS });
    if (!binary) throw new Error('no nats-server: npm test obtains one');
    // Its name is how the suite knows its own server again.
    writeFileSync(this.program, `#!/bin/sh\n[ -e '${this.#away}' ] && exit 1\nexec '${binary}' "$@"\n`, {
      mode: 0o755,
    });
  }

  /** For ENTREPOT_NATS_SERVER. */
  get program(): string {
    return join(this.#folder, 'nats-server');
  }

  /** Ends the running server by `kill -9`; there is none until `back`. */
  away(scene: Scene): void {
    writeFileSync(this.#away, '');
    process.kill(childOf(scene, /nats-server/), 'SIGKILL');
  }

  back(): void {
    if (existsSync(this.#away)) rmSync(this.#away);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
