import { beforeEach, describe, expect, it } from '@jest/globals';
import { Replicas } from './replicas.js';

describe('Replicas', () => {
  let now = 0;
  let replicas: Replicas;
  const choices = (count: number, mayProbe = false) =>
    Array.from({ length: count }, () => replicas.choose('catalog', mayProbe));
  beforeEach(() => {
    now = 0;
    replicas = new Replicas(() => now);
    for (const name of ['a', 'b', 'c']) replicas.answered('catalog', name);
  });

  it('leaves the choice to NATS as long as everybody answers', () => {
    expect(choices(2)).toEqual([null, null]);
  });

  it('asks those that answer, in turn, after a silence; and who is silent when it is asked by name no more', () => {
    replicas.silent('catalog', null);
    expect(choices(4)).toEqual(['a', 'b', 'c', 'a']);
    replicas.silent('catalog', 'b');
    expect(choices(3)).toEqual(['c', 'a', 'c']);
  });

  it('asks whichever NATS chooses once in a while, with a question that may be asked again at once', () => {
    replicas.silent('catalog', null);
    expect(choices(3, true)).toEqual([null, 'a', 'b']);
    now = 999;
    expect(choices(1, true)).toEqual(['c']);
    now = 1000;
    expect(choices(2, true)).toEqual([null, 'a']);
  });

  it('trusts a replica again that answers', () => {
    replicas.silent('catalog', 'a');
    replicas.answered('catalog', 'a');
    expect(choices(3)).toEqual(['b', 'c', 'a']);
  });

  it('leaves the choice to NATS again ten seconds after the last silence, or when it knows nobody', () => {
    replicas.silent('catalog', null);
    now = 9_999;
    expect(choices(1)).toEqual(['a']);
    now = 10_000;
    expect(choices(1)).toEqual([null]);
    replicas.silent('catalog', null);
    for (const name of ['a', 'b', 'c']) replicas.gone('catalog', name);
    expect(choices(1)).toEqual([null]);
  });

  it('keeps services apart', () => {
    replicas.silent('iam-authz', null);
    expect(choices(1)).toEqual([null]);
  });
});
