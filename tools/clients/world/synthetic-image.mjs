// Images made from nothing: an OCI layout folder whose bytes depend on a seed alone, valid down to the layer's tar.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const OCI = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
};

/** `sha256:<hex>` of bytes. */
export const digestOf = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** `length` bytes that look random and are the same for the same `seed`. */
export function seededBytes(seed, length) {
  const blocks = [];
  for (let block = 0; block * 32 < length; block += 1)
    blocks.push(createHash('sha256').update(`${seed}/${block}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}

/** A tar archive (POSIX ustar) of regular files. */
export function tarOf(files) {
  const entries = Object.entries(files).flatMap(([name, bytes]) => [
    tarHeader(name, bytes.length),
    bytes,
    Buffer.alloc((512 - (bytes.length % 512)) % 512),
  ]);
  return Buffer.concat([...entries, Buffer.alloc(1024)]);
}

function tarHeader(name, size) {
  const header = Buffer.alloc(512);
  const octal = (value, length) => `${value.toString(8).padStart(length - 1, '0')}\0`;
  const fields = [name.padEnd(100, '\0'), octal(0o644, 8), octal(0, 8), octal(0, 8), octal(size, 12), octal(0, 12)];
  header.write(`${fields.join('')}        0`, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/**
 * Writes an OCI layout with one tag. With one platform the tag is a manifest, with more an index of one manifest each.
 * @returns {{ folder: string, tag: string, digest: string, mediaType: string, children: object[], content: Buffer }}
 *   `content`: the bytes of the file `/content` in the first platform's layer
 */
export function writeLayout(folder, { seed, tag = 'v1', platforms = ['amd64'] }) {
  mkdirSync(join(folder, 'blobs', 'sha256'), { recursive: true });
  const put = (bytes, mediaType) => {
    const digest = digestOf(bytes);
    writeFileSync(join(folder, 'blobs', 'sha256', digest.slice('sha256:'.length)), bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const children = platforms.map((architecture) => putManifest(put, `${seed}/${architecture}`, architecture));
  const top = children.length === 1 ? children[0] : put(json(indexOf(children)), OCI.index);
  const named = { ...top, annotations: { 'org.opencontainers.image.ref.name': tag } };
  writeFileSync(join(folder, 'index.json'), json(indexOf([named])));
  writeFileSync(join(folder, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
  const content = contentOf(`${seed}/${platforms[0]}`);
  return { folder, tag, digest: top.digest, mediaType: top.mediaType, children, content };
}

/** The bytes of a blob or manifest of a layout. */
export const readLayoutBlob = ({ folder }, digest) =>
  readFileSync(join(folder, 'blobs', 'sha256', digest.slice('sha256:'.length)));

function putManifest(put, seed, architecture) {
  const tar = tarOf({ content: contentOf(seed) });
  const layer = put(gzipSync(tar), OCI.layer);
  const config = { architecture, os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [digestOf(tar)] } };
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI.manifest,
    config: put(json({ ...config, history: [{ created_by: seed }] }), OCI.config),
    layers: [layer],
  };
  return { ...put(json(manifest), OCI.manifest), platform: { architecture, os: 'linux' } };
}

const contentOf = (seed) => seededBytes(seed, 300_000);
const indexOf = (manifests) => ({ schemaVersion: 2, mediaType: OCI.index, manifests });
const json = (value) => Buffer.from(JSON.stringify(value));
