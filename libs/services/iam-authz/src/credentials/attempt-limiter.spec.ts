import { beforeEach, describe, expect, it } from '@jest/globals';
import { AttemptLimiter } from './attempt-limiter.js';

let limiter: AttemptLimiter;
const fail = (times: number, key: string, address: string | null, now = 0) => {
  for (let i = 0; i < times; i++) limiter.wrong(key, address, now);
};

beforeEach(() => {
  limiter = new AttemptLimiter();
});

describe('AttemptLimiter', () => {
  it('lets nine mistakes pass and makes the tenth wait for the rest of a minute', () => {
    fail(9, 'EK1', '192.0.2.1');
    expect(limiter.secondsToWait('EK1', '192.0.2.1', 0)).toBe(0);
    fail(1, 'EK1', '192.0.2.1');
    expect(limiter.secondsToWait('EK1', '192.0.2.1', 0)).toBe(60);
    expect(limiter.secondsToWait('EK1', '192.0.2.1', 59_900)).toBe(1);
    expect(limiter.secondsToWait('EK1', '192.0.2.1', 60_000)).toBe(0);
  });

  it('does not lock a key out for other addresses, nor an address for other keys', () => {
    fail(50, 'EK1', '192.0.2.1');
    expect(limiter.secondsToWait('EK1', '192.0.2.2', 0)).toBe(0);
    expect(limiter.secondsToWait('EK2', '192.0.2.1', 0)).toBe(0);
  });

  it('stops an address that guesses at many keys, but not the keys it holds', () => {
    limiter.right('EKMINE', '192.0.2.1');
    for (let i = 0; i < 100; i++) fail(1, `EK${i}`, '192.0.2.1');
    expect(limiter.secondsToWait('EKNEW', '192.0.2.1', 0)).toBeGreaterThan(0);
    expect(limiter.secondsToWait('EKMINE', '192.0.2.1', 0)).toBe(0);
    expect(limiter.secondsToWait('EKNEW', '192.0.2.2', 0)).toBe(0);
  });

  it('forgets a person’s mistakes once the right secret came', () => {
    fail(9, 'EK1', '192.0.2.1');
    limiter.right('EK1', '192.0.2.1');
    fail(9, 'EK1', '192.0.2.1');
    expect(limiter.secondsToWait('EK1', '192.0.2.1', 0)).toBe(0);
  });

  it('counts the addresses of one IPv6 network together, and a mapped one as IPv4', () => {
    for (let i = 0; i < 10; i++) fail(1, 'EK1', `2001:db8:1:2::${i}`);
    expect(limiter.secondsToWait('EK1', '2001:db8:1:2:ffff::1', 0)).toBeGreaterThan(0);
    expect(limiter.secondsToWait('EK1', '2001:db8:1:3::1', 0)).toBe(0);
    fail(10, 'EK2', '::ffff:192.0.2.9');
    expect(limiter.secondsToWait('EK2', '192.0.2.9', 0)).toBeGreaterThan(0);
  });

  it('counts clients of unknown address together', () => {
    fail(10, 'EK1', null);
    expect(limiter.secondsToWait('EK1', null, 0)).toBeGreaterThan(0);
  });
});
