import { describe, expect, it } from '@jest/globals';
import { Removal } from './removal.js';
import { S3Failure } from './s3-failure.js';
import type { S3Answer, S3Request } from './s3-wire.js';

const TRAITS = { checksCrc32: true, listsUploadsByPrefix: true };
const RETENTION =
  '<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>2999-01-01T00:00:00Z</RetainUntilDate></Retention>';

/** A bucket with versions, each of which object lock keeps. */
class LockedBucket {
  constructor(private readonly versions: number) {}

  readonly request = async ({ query = {}, body }: S3Request): Promise<S3Answer> => {
    const text = 'delete' in query ? this.#refuse(String(body)) : this.#tell(query);
    return { status: 200, headers: {}, text };
  };

  #tell(query: Readonly<Record<string, unknown>>): string {
    if ('versioning' in query) return '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
    if ('retention' in query) return RETENTION;
    if (!('versions' in query)) return '';
    const version = (n: number): string => `<Version><Key>a.${n}</Key><VersionId>${n}</VersionId></Version>`;
    return Array.from({ length: this.versions }, (_, n) => version(n)).join('');
  }

  #refuse(body: string): string {
    const entries = [...body.matchAll(/<Object>(.*?)<\/Object>/g)].map(([, entry]) => entry);
    if (entries.length > 1_000) throw new Error('S3 takes no more than a thousand');
    return entries.map((entry) => `<Error>${entry}<Code>AccessDenied</Code></Error>`).join('');
  }
}

describe('Removal', () => {
  it('counts what object lock keeps over all batches, and names the first', async () => {
    const removal = new Removal(new LockedBucket(2_500), TRAITS);
    await expect(removal.removeAll('bucket', 'a.')).rejects.toThrow(
      "object lock keeps version 0 of a.0 in the bucket bucket until 2999-01-01T00:00:00Z (COMPLIANCE) and 2499 more: it can't be deleted before",
    );
  });

  it('deletes by names alone where our keys may not ask for versions and there are none: another right is needed to name one', async () => {
    const bodies: string[] = [];
    const request = async ({ query = {}, body }: S3Request): Promise<S3Answer> => {
      if ('versioning' in query) throw new S3Failure('AccessDenied', 'no', 403, {});
      if ('delete' in query) bodies.push(String(body));
      const version = '<Version><Key>a.0</Key><VersionId>null</VersionId></Version>';
      const text = 'versions' in query ? version : 'prefix' in query ? '<Contents><Key>a.0</Key></Contents>' : '';
      return { status: 200, headers: {}, text };
    };
    await new Removal({ request }, TRAITS).removeAll('bucket', 'a.');
    expect(bodies).toEqual(['<Delete><Quiet>false</Quiet><Object><Key>a.0</Key></Object></Delete>']);
  });
});
