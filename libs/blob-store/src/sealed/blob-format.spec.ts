import { createDecipheriv, createHash, createSecretKey, hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import type { BlobLocation } from '../port.js';
import { decryptBlob } from './decrypt-blob.js';
import { CHECK_BYTES, SEGMENT_BYTES } from './frame-layout.js';
import { RunCheck } from './run-check.js';
import { RunSecret } from './run-key.js';
import { encryptSegment, writeCrc } from './segment-work.js';
import { crc32 } from 'node:zlib';

interface Vectors {
  readonly registryKey: string;
  readonly generation: string;
  readonly location: BlobLocation;
  readonly digest: string;
  readonly runs: readonly {
    readonly start: number;
    readonly attempt: string;
    readonly runKey: string;
    readonly plain: { readonly bytes: number; readonly seed: number };
    readonly stored: {
      readonly bytes: number;
      readonly first16: string;
      readonly last16: string;
      readonly sha256: string;
    };
  }[];
  readonly stored: { readonly bytes: number; readonly sha256: string };
  readonly crc: {
    readonly location: BlobLocation;
    readonly bytes: number;
    readonly sha256: string;
    readonly checks: readonly string[];
  };
  readonly crcWithoutPlaces: {
    readonly location: BlobLocation;
    readonly bytes: number;
    readonly sha256: string;
    readonly firstCheck: string;
    readonly lastCheck: string;
  };
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../../docs/examples/blob-format-vectors.json', import.meta.url), 'utf8'),
) as Vectors;
const registryKey = createSecretKey(Buffer.from(vectors.registryKey, 'hex'));
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The plaintext of a run: byte i is (i × seed + seed) mod 251. */
function plainOf({ bytes, seed }: { bytes: number; seed: number }): Buffer {
  return Buffer.from(Uint8Array.from({ length: bytes }, (_, i) => (i * seed + seed) % 251));
}

function* segmentsOf(bytes: Buffer): Generator<{ bytes: Buffer; number: number; last: boolean }> {
  const count = Math.ceil(bytes.length / SEGMENT_BYTES);
  for (let number = 0; number < count; number++) {
    const start = number * SEGMENT_BYTES;
    yield { bytes: bytes.subarray(start, start + SEGMENT_BYTES), number, last: number === count - 1 };
  }
}

/** What this product stores of a run, with the attempt that was drawn for it. */
function sealedByUs({ start, attempt, plain }: Vectors['runs'][number]): Buffer {
  const secret = new RunSecret(registryKey, vectors.generation, attempt, start);
  const frames = [...segmentsOf(plainOf(plain))].map(({ bytes, number, last }) => {
    const frame = Buffer.concat([bytes, Buffer.alloc(CHECK_BYTES.aes)]);
    encryptSegment(frame, bytes.length, secret.of(number, last));
    return frame;
  });
  return Buffer.concat(frames);
}

/** A reader by docs/blob-format.md alone: it shares nothing with the product. */
function openedByThePage(stored: Buffer, { start, attempt, plain }: Vectors['runs'][number]): Buffer {
  const info = Buffer.concat([Buffer.from('entrepot blob run 1\0'), Buffer.from(vectors.generation)]);
  const salt = Buffer.from(attempt, 'base64url');
  const key = new Uint8Array(hkdfSync('sha256', Buffer.from(vectors.registryKey, 'hex'), salt, info, 32));
  const associated = Buffer.concat([Buffer.of(1), uint64(start), Buffer.from(vectors.generation)]);
  const segments: Buffer[] = [];
  const count = Math.ceil(plain.bytes / 1_048_576);
  for (let number = 0; number < count; number++) {
    const at = number * (1_048_576 + 16);
    const frame = stored.subarray(at, Math.min(at + 1_048_576 + 16, stored.length));
    const nonce = Buffer.concat([Buffer.of(0, 0, 0, number === count - 1 ? 1 : 0), uint64(number)]);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(associated).setAuthTag(frame.subarray(-16));
    segments.push(decipher.update(frame.subarray(0, -16)), decipher.final());
  }
  return Buffer.concat(segments);
}

/** What this product stores of a run with checks. */
function checkedByUs({ start, attempt, plain }: Vectors['runs'][number]): Buffer[] {
  const check = RunCheck.at(vectors.generation, attempt, start);
  return [...segmentsOf(plainOf(plain))].map(({ bytes, number, last }) => {
    const frame = Buffer.concat([bytes, Buffer.alloc(CHECK_BYTES.crc)]);
    writeCrc(frame, bytes.length, check.closed(crc32(bytes, check.seed), number, last));
    return frame;
  });
}

/** The checks of a run by docs/blob-format.md alone. */
function checksByThePage({ start, attempt, plain }: Vectors['runs'][number]): string[] {
  const before = [Buffer.from(attempt, 'base64url'), Buffer.of(1), uint64(start), Buffer.from(vectors.generation)];
  return [...segmentsOf(plainOf(plain))].map(({ bytes, number, last }) => {
    const behind = [Buffer.of(0, 0, 0, last ? 1 : 0), uint64(number)];
    return crc32(Buffer.concat([...before, bytes, ...behind]))
      .toString(16)
      .padStart(8, '0');
  });
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

describe('the format of stored blobs, as docs/blob-format.md tells it', () => {
  const stored = vectors.runs.map(sealedByUs);
  const plain = Buffer.concat(vectors.runs.map((run) => plainOf(run.plain)));

  it.each(vectors.runs.map((run, index) => [index, run] as const))(
    'run %i is sealed as the vectors say',
    (index, run) => {
      const bytes = stored[index]!;
      const ends = [bytes.subarray(0, 16), bytes.subarray(-16)].map((end) => end.toString('hex'));
      const found = { bytes: bytes.length, first16: ends[0], last16: ends[1], sha256: sha256(bytes) };
      expect(found).toEqual(run.stored);
      const { key } = new RunSecret(registryKey, vectors.generation, run.attempt, run.start).of(0, false);
      expect(Buffer.from(key).toString('hex')).toBe(run.runKey);
    },
  );

  it('the whole blob is what the vectors say, and decrypts to the digest', async () => {
    const whole = Buffer.concat(stored);
    expect({ bytes: whole.length, sha256: sha256(whole) }).toEqual(vectors.stored);
    const opened = await buffer(await decryptBlob(Readable.from([whole]), vectors.location, registryKey));
    expect(`sha256:${sha256(opened)}`).toBe(vectors.digest);
    expect(opened.equals(plain)).toBe(true);
  });

  it('a reader who knows the page alone opens it', () => {
    const opened = vectors.runs.map((run, index) => openedByThePage(stored[index]!, run));
    expect(Buffer.concat(opened).equals(plain)).toBe(true);
  });

  it('a blob with checks is what the vectors and the page say, and is read', async () => {
    const frames = vectors.runs.flatMap(checkedByUs);
    const whole = Buffer.concat(frames);
    const { location, bytes, sha256: digest, checks } = vectors.crc;
    expect({ bytes: whole.length, sha256: sha256(whole) }).toEqual({ bytes, sha256: digest });
    expect(frames.map((frame) => frame.subarray(-4).toString('hex'))).toEqual(checks);
    expect(vectors.runs.flatMap(checksByThePage)).toEqual(checks);
    expect((await buffer(await decryptBlob(Readable.from([whole]), location, null))).equals(plain)).toBe(true);
  });

  it('a blob from before checks knew their place is what the vectors say, and is read', async () => {
    const frames = vectors.runs.flatMap((run) =>
      [...segmentsOf(plainOf(run.plain))].map(({ bytes }) => {
        const frame = Buffer.concat([bytes, Buffer.alloc(CHECK_BYTES.crc)]);
        writeCrc(frame, bytes.length, crc32(bytes));
        return frame;
      }),
    );
    const whole = Buffer.concat(frames);
    const { location, ...expected } = vectors.crcWithoutPlaces;
    expect({
      bytes: whole.length,
      sha256: sha256(whole),
      firstCheck: frames[0]!.subarray(-4).toString('hex'),
      lastCheck: whole.subarray(-4).toString('hex'),
    }).toEqual(expected);
    expect((await buffer(await decryptBlob(Readable.from([whole]), location, null))).equals(plain)).toBe(true);
  });
});
