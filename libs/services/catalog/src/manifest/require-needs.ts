import { type Descriptor, oci, type ParsedManifest } from '@entrepot/oci';
import type { Transaction } from '@entrepot/platform-persistence';
import { type BlobDigest, lockLinkedBlobs } from '../blob/blob.store.js';
import { lockChildren } from './manifest.store.js';

/** Digests named in one refusal. */
const MAX_NAMED = 10;

/** What a manifest needs, found and locked until we commit. */
export interface Needs {
  blobs: BlobDigest[];
  children: string[];
}

/**
 * Locks the children and then the blobs that the manifest names, each by digest. Layers that may live elsewhere are kept too when they are
 * here. Throws `MANIFEST_BLOB_UNKNOWN` naming what is missing, `SIZE_INVALID` when a descriptor's size isn't that of the content.
 */
export async function requireNeeds(
  tx: Transaction,
  registryId: string,
  imageId: string,
  parsed: ParsedManifest,
): Promise<Needs> {
  const children = once(parsed.children);
  const blobs = once([...parsed.requiredBlobs, ...parsed.layers]);
  const foundChildren =
    children.size > 0 ? await lockChildren(tx, registryId, imageId, [...children.keys()].sort()) : [];
  const foundBlobs =
    blobs.size > 0
      ? await lockLinkedBlobs(
          tx,
          registryId,
          imageId,
          [...blobs.values()].map((blob) => blob.digest),
        )
      : [];
  const sizes = new Map<string, number>([
    ...foundChildren.map(({ digest, size }) => [digest, size] as const),
    ...foundBlobs.map(({ algorithm, hex, size }) => [`${algorithm}:${hex}`, size] as const),
  ]);
  refuseMissing([...children.values(), ...once(parsed.requiredBlobs).values()], sizes);
  refuseOtherSizes([...children.values(), ...blobs.values()], sizes);
  return { blobs: foundBlobs, children: foundChildren.map((child) => child.digest) };
}

function once(descriptors: readonly Descriptor[]): Map<string, Descriptor> {
  return new Map(descriptors.map((descriptor) => [descriptor.digest.toString(), descriptor]));
}

function refuseMissing(required: readonly Descriptor[], sizes: ReadonlyMap<string, number>): void {
  const missing = required.filter(({ digest }) => !sizes.has(digest.toString()));
  if (missing.length > 0) throw oci.manifestBlobUnknown(missing.slice(0, MAX_NAMED).map(({ digest }) => digest));
}

function refuseOtherSizes(named: readonly Descriptor[], sizes: ReadonlyMap<string, number>): void {
  for (const { digest, size } of named) {
    const stored = sizes.get(digest.toString());
    if (stored !== undefined && stored !== size) {
      throw oci.sizeInvalid(`the manifest says that ${digest} has ${size} bytes, it has ${stored}`);
    }
  }
}
