import { BlobStoreUnavailable } from '../errors.js';
import { isFailure } from './s3-failure.js';
import type { S3Wire } from './s3-wire.js';
import { textOf } from './xml.js';

/** What the store would not delete. */
export interface Refused {
  /** One of them. */
  readonly name: string;
  /** Empty where the bucket has no versions. */
  readonly versionId: string;
  readonly count: number;
}

/** A right that our access key lacks, and for what. `error` when that is not what is wrong. */
export function lacksRight(error: unknown, right: string, what: string): unknown {
  if (!isFailure(error, 'AccessDenied')) return error;
  const sentence = `the object store does not allow our access key to ${what}: it lacks the right ${right}`;
  return new BlobStoreUnavailable(sentence, false, { cause: error });
}

/** Says what keeps it: object lock, and until when; or that our access key may not. */
export async function refusalError(wire: Pick<S3Wire, 'request'>, bucket: string, refused: Refused): Promise<Error> {
  const { name, versionId, count } = refused;
  const query = versionId ? { versionId } : {};
  const ask = (what: string): Promise<string | null> =>
    wire.request({ method: 'GET', bucket, name, query: { [what]: '', ...query } }).then(
      ({ text }) => text,
      // Null when it has none; undefined would be to guess.
      (error: unknown) => (isFailure(error, 'AccessDenied') ? null : ''),
    );
  const [retention, hold] = [await ask('retention'), await ask('legal-hold')];
  const object = `${versionId ? `version ${versionId} of ` : ''}${name} in the bucket ${bucket}`;
  const others = count > 1 ? ` and ${count - 1} more` : '';
  const terms = termsOf(retention ?? '', hold ?? '');
  if (terms) return unavailable(`object lock keeps ${object} ${terms}${others}: it can't be deleted before`);
  const right = versionId ? 's3:DeleteObjectVersion' : 's3:DeleteObject';
  const refusal = `the object store does not let our access key delete ${object}${others}`;
  if (retention !== null && hold !== null) return unavailable(`${refusal}: it lacks the right ${right}`);
  const unseen = 's3:GetObjectRetention or s3:GetObjectLegalHold';
  return unavailable(
    `${refusal}: it lacks the right ${right}, or object lock keeps it, which it may not see (${unseen})`,
  );
}

function termsOf(retention: string, hold: string): string {
  const until = textOf(retention, 'RetainUntilDate');
  const mode = textOf(retention, 'Mode');
  const isOver = until !== null && Date.parse(until) < Date.now();
  const period = until && !isOver ? `until ${until}${mode ? ` (${mode})` : ''}` : '';
  const held = textOf(hold, 'Status') === 'ON' ? 'until its legal hold is taken off' : '';
  return [period, held].filter(Boolean).join(' and ');
}

function unavailable(sentence: string): BlobStoreUnavailable {
  return new BlobStoreUnavailable(sentence, false);
}
