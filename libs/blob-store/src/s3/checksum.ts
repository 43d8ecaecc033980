import { crc32 } from 'node:zlib';

/** CRC-32 of `pieces` as the header `x-amz-checksum-crc32` has it: base64 of four bytes, the highest first. */
export function crc32Of(pieces: readonly Buffer[]): string {
  let crc = 0;
  for (const piece of pieces) crc = crc32(piece, crc);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString('base64');
}
