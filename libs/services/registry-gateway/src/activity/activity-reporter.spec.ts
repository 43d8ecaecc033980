import { describe, expect, it } from '@jest/globals';
import type { RecordActivityRequest } from '@entrepot/contracts';
import type { MessageClient } from '@entrepot/platform-messaging';
import { ActivityReporter } from './activity-reporter.js';

const at = new Date('2026-01-02T03:04:05.000Z');

function reporter() {
  const told: RecordActivityRequest[] = [];
  const state = { failing: false };
  const messages = {
    ask: async (_question: unknown, request: RecordActivityRequest) => {
      if (state.failing) throw new Error('the bus is away');
      told.push(request);
    },
  } as unknown as MessageClient;
  return { reporter: new ActivityReporter(messages, { warn: () => undefined } as never), told, state };
}

describe('the activity reporter', () => {
  it('adds up the pulls of one manifest by one principal', async () => {
    const { reporter: counting, told } = reporter();
    counting.pulled('r', 'i', 'sha256:a', 'key', at);
    counting.pulled('r', 'i', 'sha256:a', 'key', at);
    counting.pulled('r', 'i', 'sha256:a', 'other', at);
    await counting.flush();
    expect(told[0]?.pulls.map(({ actor, count }) => [actor, count])).toEqual([
      ['key', 2],
      ['other', 1],
    ]);
  });

  it('says nothing when nothing happened', async () => {
    const { reporter: idle, told } = reporter();
    await idle.flush();
    expect(told).toEqual([]);
  });

  it('sends a report that failed again under its own id, and what came since after it', async () => {
    const { reporter: retrying, told, state } = reporter();
    state.failing = true;
    retrying.pulled('r', 'i', 'sha256:a', 'key', at);
    await retrying.flush();
    state.failing = false;
    retrying.pulled('r', 'i', 'sha256:b', 'key', at);
    await retrying.flush();
    await retrying.flush();
    expect(told.map((report) => report.pulls.map((pull) => pull.digest))).toEqual([['sha256:a'], ['sha256:b']]);
    expect(told[0]?.reportId).not.toBe(told[1]?.reportId);
  });

  it('tells refusals at a place that exists, as pushes or pulls, and no others', async () => {
    const { reporter: refusing, told } = reporter();
    const place = { accountId: 'a', registryId: 'r', repository: 'apps', image: 'x' };
    refusing.refused({ verb: 'delete', place, rule: 'iam:no-allow' }, 'key', at);
    refusing.refused({ verb: 'pull', place, rule: 'iam:no-allow' }, 'key', at);
    refusing.refused({ verb: 'pull', place: null, rule: 'registry-unknown' }, 'key', at);
    await refusing.flush();
    expect(told[0]?.refusals.map(({ verb, registryId }) => [verb, registryId])).toEqual([
      ['push', 'r'],
      ['pull', 'r'],
    ]);
  });

  it('keeps its report below what the contract takes', async () => {
    const { reporter: busy, told } = reporter();
    for (let i = 0; i < 3000; i++) busy.pulled('r', 'i', `sha256:${i}`, 'key', at);
    await busy.flush();
    expect(told[0]?.pulls).toHaveLength(2000);
  });
});
