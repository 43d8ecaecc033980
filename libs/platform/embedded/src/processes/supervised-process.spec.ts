import { describe, it, expect } from '@jest/globals';
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger } from '../embedded-logger.js';
import { isRunning } from './process-identity.js';
import { SupervisedProcess } from './supervised-process.js';

const STOP = [
  { signal: 'SIGTERM', waitMs: 2_000 },
  { signal: 'SIGKILL', waitMs: 2_000 },
] as const;

function supervised(script: string, logger = silentLogger): SupervisedProcess {
  let said = '';
  return new SupervisedProcess({
    name: 'the child',
    logger,
    spawn: () => {
      said = '';
      return spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    },
    isReady: () => Promise.resolve(said.includes('up')),
    readyWithinMs: 5_000,
    stopSteps: STOP,
    onLine: (line) => (said += line),
  });
}

const SERVES = "console.log('up'); setInterval(() => undefined, 1000)";

describe('SupervisedProcess', () => {
  it('rejects a start with the last words of a child that ended before it served', async () => {
    const child = supervised("console.error('no such folder'); process.exit(3)");
    await expect(child.start()).rejects.toThrow('the child ended with code 3\nno such folder');
  });

  it('starts the child again when it crashes, and says so', async () => {
    const said: string[] = [];
    const child = supervised(SERVES, { ...silentLogger, error: (_, text) => said.push(text) });
    await child.start();
    const first = child.pid as number;
    process.kill(first, 'SIGKILL');
    while (child.pid === first) await sleep(10);
    expect(said).toEqual(['the child ended by SIGKILL; starting it again in 250 ms']);
    await child.stop();
  });

  it('stops for good, even while it waits to start the child again', async () => {
    const child = supervised(SERVES);
    await child.start();
    const first = child.pid as number;
    process.kill(first, 'SIGKILL');
    await sleep(50);
    await child.stop();
    await sleep(400);
    expect(child.pid).toBe(first);
    expect(isRunning(first)).toBe(false);
  });

  it('kills a child that does not listen to the first signal', async () => {
    const child = supervised(`process.on('SIGTERM', () => undefined); ${SERVES}`);
    await child.start();
    const pid = child.pid as number;
    await child.stop();
    expect(isRunning(pid)).toBe(false);
  });
});
