import type { KeyObject } from 'node:crypto';
import type { Readable } from 'node:stream';
import { ForeignBlobRecord } from '../errors.js';
import type { BlobLocation } from '../port.js';
import { StreamFrames } from './frame-source.js';
import { parseLocation } from './records.js';
import { SegmentReader } from './segment-reader.js';
import { openSegmentsStream } from './send-segments.js';

/**
 * The plaintext of one blob from its stored bytes, without a store: the part files one after another, or the object. Each segment is checked before it
 * comes out. Throws `ForeignBlobRecord` for a location that is not sealed, or encrypted when there is no key; the stream fails with `BlobCorrupt`.
 */
export async function decryptBlob(
  stored: Readable,
  location: BlobLocation,
  registryKey: KeyObject | null,
): Promise<Readable> {
  const sealed = parseLocation(location);
  if (!sealed) throw new ForeignBlobRecord('the blob was stored before blobs were sealed: its bytes are as they are');
  if (sealed.format === 'aes' && !registryKey) throw new ForeignBlobRecord(`the blob needs the key ${sealed.keyId}`);
  const source = new StreamFrames(sealed.key, stored, 0);
  return openSegmentsStream(new SegmentReader({ ...sealed, registryKey }, source, {}));
}
