import { describe, expect, it } from '@jest/globals';
import {
  ContractViolation,
  declaredContracts,
  factSubject,
  imagePushed,
  lookup,
  openUpload,
  putManifest,
} from '../index.js';

const question = {
  kind: 'manifest',
  registryId: null,
  registryName: 'demo',
  repository: 'apps',
  image: 'hello',
  tag: '1.0',
  digest: null,
};

describe('a contract', () => {
  it('returns a valid message unchanged, nested classes and nulls included', () => {
    const request = { questions: [question] };
    expect(lookup.parseRequest(request)).toBe(request);
    const reply = { answers: [{ registry: null, repository: null, image: null, manifest: null, blob: null }] };
    expect(lookup.parseReply(reply)).toBe(reply);
  });

  it.each([
    ['an unknown kind', { questions: [{ ...question, kind: 'tag' }] }],
    ['a missing property', { questions: [{ ...question, tag: undefined }] }],
    ['a nested value of another type', { questions: [{ ...question, image: 7 }] }],
    ['too many questions', { questions: Array.from({ length: 257 }, () => question) }],
    ['no object', 'hello'],
  ])('refuses %s', (_, request) => {
    expect(() => lookup.parseRequest(request)).toThrow(ContractViolation);
  });

  it('refuses a nested answer of the wrong shape', () => {
    const answer = { registry: { registryId: 'x' }, repository: null, image: null, manifest: null, blob: null };
    expect(() => lookup.parseReply({ answers: [answer] })).toThrow(ContractViolation);
  });

  it('inherits the properties of its base class', () => {
    expect(() => openUpload.parseRequest({ algorithm: 'sha256' })).toThrow(ContractViolation);
    expect(() => putManifest.parseRequest({ registryId: 'r' })).toThrow(ContractViolation);
  });

  it('does not repeat the values that it refuses', () => {
    expect(() => lookup.parseRequest({ questions: [{ ...question, image: { secret: 'hunter2' } }] })).toThrow(
      /^(?!.*hunter2)/,
    );
  });
});

describe('every fact', () => {
  it.each(declaredContracts().facts.map((fact) => [fact.type, fact] as const))(
    '%s accepts its own example',
    (_, fact) => {
      expect(() => fact.parse(fact.example)).not.toThrow();
    },
  );

  it('has a subject made of ids and types only', () => {
    expect(factSubject(imagePushed, 'a1', 'r1')).toBe('events.a1.r1.image.pushed.v1');
    expect(factSubject(imagePushed, 'a1', null)).toBe('events.a1._.image.pushed.v1');
  });
});
