import { describe, expect, it } from '@jest/globals';
import { ContractViolation } from '@entrepot/contracts';
import { oci, OciError } from '@entrepot/oci';
import { MessageTooLarge, PeerFailure } from './bus-errors.js';
import { fromWireError, toWireError, wireFamilyOf } from './wire-error.js';

const across = (thrown: unknown): Error =>
  fromWireError('spec', JSON.parse(JSON.stringify({ error: toWireError(thrown) })) as unknown);

describe('an error on the wire', () => {
  it('comes out as the OciError that went in', () => {
    const sent = new OciError('MANIFEST_INVALID', 'no', { status: 413, detail: { a: 1 }, headers: { 'x-a': 'b' } });
    const got = across(sent);
    expect(got).toBeInstanceOf(OciError);
    expect({ ...got, message: got.message }).toEqual({ ...sent, message: 'no' });
  });

  it('keeps the issues of a contract violation', () => {
    const got = across(new ContractViolation('image.pushed.v1', ['/size must be >= 0']));
    expect(got).toBeInstanceOf(ContractViolation);
    expect(got).toMatchObject({ contract: 'image.pushed.v1', issues: ['/size must be >= 0'] });
  });

  it('keeps a message that was too large', () => {
    expect(across(new MessageTooLarge('the reply is too large'))).toBeInstanceOf(MessageTooLarge);
  });

  it.each([undefined, null, 'text', {}, { error: {} }, { status: 'error', message: 'Internal server error' }])(
    'is a failure of the peer when nobody understands it: %p',
    (thrown) => expect(fromWireError('spec', thrown)).toBeInstanceOf(PeerFailure),
  );

  it('does not let a peer choose a status that is no error, nor a header that splits the response', () => {
    const wire = { family: 'caller', code: 'X', status: 200, message: 'm' } as const;
    expect(fromWireError('spec', { error: wire })).toMatchObject({ status: 400 });
    const split = { ...oci.denied('m').toJSON(), family: 'caller', headers: { 'x-a': 'b\r\nset-cookie: c' } };
    expect(fromWireError('spec', { error: split })).toMatchObject({ code: 'UNKNOWN', status: 500 });
  });

  it.each([
    [{ error: toWireError(oci.denied('m')) }, 'caller'],
    [{ error: toWireError(oci.unavailable('m')) }, 'environment'],
    [{ error: toWireError(new TypeError('m')) }, 'bug'],
    [new Error('never on the wire'), 'bug'],
  ])('tells its family', (thrown, family) => {
    expect(wireFamilyOf(thrown)).toBe(family);
  });
});
