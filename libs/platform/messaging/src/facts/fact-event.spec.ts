import { describe, expect, it } from '@jest/globals';
import { ContractViolation } from '@entrepot/contracts';
import { type FactEvent, parseCloudEvent, toCloudEvent } from './fact-event.js';

const event: FactEvent<unknown> = {
  id: '0193a0c2-d4e8-7b0f-9a1c-3e5d7f90b2a4',
  type: 'image.pushed.v1',
  owner: 'catalog',
  accountId: 'a1',
  registryId: 'r1',
  actor: 'key-1',
  subject: 'apps/hello',
  time: new Date('2026-11-21T12:00:00.123Z'),
  sequence: '0000000000000000007',
  orderingKey: 'image-1',
  traceparent: null,
  data: { a: 1 },
};
const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

describe('a fact as a CloudEvent', () => {
  it('has the attributes that CloudEvents 1.0 requires, names in lower case', () => {
    const envelope = toCloudEvent(event);
    expect(envelope).toMatchObject({
      specversion: '1.0',
      id: event.id,
      source: '/entrepot/catalog',
      type: 'image.pushed.v1',
      time: '2026-11-21T12:00:00.123Z',
      datacontenttype: 'application/json',
    });
    expect(Object.keys(envelope).every((name) => /^[a-z0-9]{1,20}$/.test(name))).toBe(true);
  });

  it.each([event, { ...event, registryId: null, subject: null, traceparent: '00-1-2-01' }])('is read back', (sent) => {
    expect(parseCloudEvent(bytes(toCloudEvent(sent)))).toEqual(sent);
  });

  it('may hold attributes that we don’t know', () => {
    expect(parseCloudEvent(bytes({ ...toCloudEvent(event), extra: 1 }))).toEqual(event);
  });

  it.each([
    ['is no JSON', Buffer.from('{')],
    ['is no object', bytes(7)],
    ['has another specversion', bytes({ ...toCloudEvent(event), specversion: '0.3' })],
    ['lacks an id', bytes({ ...toCloudEvent(event), id: undefined })],
    ['has a time that is none', bytes({ ...toCloudEvent(event), time: 'soon' })],
    ['has a number for a text', bytes({ ...toCloudEvent(event), registryid: 7 })],
  ])('is refused when it %s', (_, message) => {
    expect(() => parseCloudEvent(message)).toThrow(ContractViolation);
  });
});
