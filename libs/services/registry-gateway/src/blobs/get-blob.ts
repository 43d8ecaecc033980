import { Readable } from 'node:stream';
import type { BlobFacts } from '@entrepot/contracts';
import type { JsonObject } from '@entrepot/blob-store';
import { Digest, oci, parseByteRange } from '@entrepot/oci';
import { authorize } from '../access/authorize.js';
import { addressOf, questionAbout } from '../plane/address.js';
import type { Answer, Pump } from '../plane/answer.js';
import type { Call } from '../plane/call.js';
import { headerText, matchesEtag, rangeStillValid } from '../plane/conditions.js';
import type { Ports } from '../plane/ports.js';
import { directDownload, mayRedirect } from './direct-download.js';
import { multipartRanges } from './multipart-ranges.js';

/**
 * end-2, `GET`/`HEAD /v2/<name>/blobs/<digest>`, with ranges (RFC 9110 §14) and `If-None-Match`.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-blobs
 */
export async function getBlob(ports: Ports, call: Call, name: string, digestText: string): Promise<Answer> {
  const address = addressOf(name, call.addressing);
  const digest = Digest.parse(digestText);
  const question = questionAbout(address, 'blob', { digest: digest.toString() });
  const facts = authorize(call, 'pull', name, await ports.lookups.ask(question));
  call.record.digest = digest.toString();
  if (facts.image === null || facts.blob === null) throw oci.blobUnknown(digest);
  const { location } = facts.blob;
  if (location === null) throw oci.blobDamaged(digest);
  const headers = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': facts.blob.digest,
    etag: `"${facts.blob.digest}"`,
    'accept-ranges': 'bytes',
  };
  if (matchesEtag(call.headers['if-none-match'], facts.blob.digest)) return { status: 304, headers };
  if (call.method === 'HEAD') return { status: 200, headers: { ...headers, 'content-length': facts.blob.size } };
  const blob = { ...facts.blob, location };
  const redirect = mayRedirect(ports, call) ? await directDownload(ports, blob) : null;
  if (redirect) return redirect;
  const damage = (error: unknown): void => ports.damage.met(error, facts.registry.registryId, digest.toString());
  try {
    return watched(await ranged(ports, call, blob, headers), damage);
  } catch (error) {
    damage(error);
    throw error;
  }
}

/** Bytes are checked segment by segment, so damage may be met long after the head was sent. */
function watched(answer: Answer, damage: (error: unknown) => void): Answer {
  const { body } = answer;
  if (body instanceof Readable) body.once('error', damage);
  if (typeof body !== 'function') return answer;
  const pump: Pump = (take) =>
    body(take).catch((error: unknown) => {
      damage(error);
      throw error;
    });
  return { ...answer, body: pump };
}

interface StoredBlob extends BlobFacts {
  location: Record<string, unknown>;
}

async function ranged(ports: Ports, call: Call, blob: StoredBlob, headers: Answer['headers']): Promise<Answer> {
  const { size } = blob;
  const location = blob.location as JsonObject;
  const asked = rangeStillValid(headerText(call.headers['if-range']), blob.digest) ? call.headers.range : undefined;
  const range = parseByteRange(asked, size);
  if (range.kind === 'unsatisfiable') throw oci.rangeNotSatisfiable(size);
  if (range.kind === 'several') return multipartRanges(ports.blobs, location, range.ranges, size, headers);
  if (range.kind === 'single') {
    const { start, end } = range;
    const body = await ports.blobs.openPump(location, { start, end });
    const partial = { 'content-length': end - start + 1, 'content-range': `bytes ${start}-${end}/${size}` };
    return { status: 206, headers: { ...headers, ...partial }, body };
  }
  const body = await ports.blobs.openPump(location, undefined, blob.digest);
  return { status: 200, headers: { ...headers, 'content-length': size }, body };
}
