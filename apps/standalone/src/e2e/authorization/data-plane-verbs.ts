import { randomUUID } from 'node:crypto';
import {
  aBlob,
  aManifest,
  type Content,
  openUpload,
  type RawReply,
  type RegistryClient,
  locationOf,
} from '@entrepot/testing';
import type { ActorKind, Right } from './actors.js';

/** The image that actors try their rights on; its repository's siblings are in `demo/charts`. */
export const NAME = 'demo/apps/matrix';
export const SOURCE = 'demo/apps/matrix-source';

/** One verb of the data plane: what it needs, and what it answers to who has that. */
export interface Verb {
  readonly name: string;
  /** Null: who is known may. */
  readonly right: Right | null;
  readonly granted: (actor: ActorKind) => number;
  /** Where the place does not exist; 404 unless told. */
  readonly absent?: number;
  /** Makes what the verb will meet, as the administrator (and, for uploads, the actor), and resolves to the request. */
  readonly prepare: (root: RegistryClient, actor: RegistryClient) => Promise<Attempt>;
}

export interface Attempt {
  readonly method: string;
  readonly path: string;
  readonly body?: Buffer;
  readonly headers?: Record<string, string>;
  /** Whether the verb has left its mark; asked after a refusal, when it must not have. */
  readonly happened?: () => Promise<boolean>;
}

const IMAGE = aManifest({ layers: 2, seed: 'matrix' });
const OCTETS = { 'content-type': 'application/octet-stream' };

/** What reads meet. */
export async function prepareImage(root: RegistryClient): Promise<void> {
  await root.pushImage(NAME, IMAGE, ['1']);
}

const always = (status: number) => () => status;
const at = (method: string, path: string) => async () => ({ method, path: `/v2/${NAME}/${path}` });
const LAYER = (IMAGE.blobs[1] as Content).digest;

export const VERBS: readonly Verb[] = [
  { name: 'log in', right: null, granted: always(200), prepare: async () => ({ method: 'GET', path: '/v2/' }) },
  {
    name: 'list the catalog',
    right: null,
    granted: always(200),
    prepare: async () => ({ method: 'GET', path: '/v2/_catalog' }),
  },
  { name: 'GET a manifest by tag', right: 'pull', granted: always(200), prepare: at('GET', 'manifests/1') },
  {
    name: 'GET a manifest by digest',
    right: 'pull',
    granted: always(200),
    prepare: at('GET', `manifests/${IMAGE.digest}`),
  },
  { name: 'HEAD a manifest', right: 'pull', granted: always(200), prepare: at('HEAD', 'manifests/1') },
  { name: 'GET a blob', right: 'pull', granted: always(200), prepare: at('GET', `blobs/${LAYER}`) },
  { name: 'GET a range of a blob', right: 'pull', granted: always(206), prepare: rangeOfBlob },
  { name: 'HEAD a blob', right: 'pull', granted: always(200), prepare: at('HEAD', `blobs/${LAYER}`) },
  { name: 'list tags', right: 'pull', granted: always(200), prepare: at('GET', 'tags/list') },
  {
    name: 'list referrers',
    right: 'pull',
    granted: always(200),
    absent: 200,
    prepare: at('GET', `referrers/${IMAGE.digest}`),
  },
  { name: 'PUT a manifest by tag', right: 'push', granted: always(201), prepare: (root) => putManifest(root, 'tag') },
  {
    name: 'PUT a manifest by digest',
    right: 'push',
    granted: always(201),
    prepare: (root) => putManifest(root, 'digest'),
  },
  { name: 'move a tag', right: 'push', granted: always(201), prepare: moveTag },
  { name: 'open an upload', right: 'push', granted: always(202), prepare: at('POST', 'blobs/uploads/') },
  { name: 'push a blob by one POST', right: 'push', granted: always(201), prepare: singlePost },
  {
    name: 'PATCH an upload',
    right: 'push',
    granted: always(202),
    prepare: (root, actor) => session(root, actor, 'PATCH'),
  },
  { name: 'end an upload', right: 'push', granted: always(201), prepare: (root, actor) => session(root, actor, 'PUT') },
  {
    name: 'ask where an upload is',
    right: 'push',
    granted: always(204),
    prepare: (root, actor) => session(root, actor, 'GET'),
  },
  {
    name: 'cancel an upload',
    right: 'push',
    granted: always(204),
    prepare: (root, actor) => session(root, actor, 'DELETE'),
  },
  // Without the right to read the source a mount is a session, as for a blob that isn't there.
  { name: 'mount a blob', right: 'push', granted: mountOf, prepare: (root) => mountBlob(root, `&from=${SOURCE}`) },
  { name: 'mount a blob from wherever it is', right: 'push', granted: mountOf, prepare: (root) => mountBlob(root, '') },
  { name: 'DELETE a tag', right: 'delete', granted: always(202), prepare: (root) => deleteManifest(root, 'tag') },
  {
    name: 'DELETE a manifest',
    right: 'delete',
    granted: always(202),
    prepare: (root) => deleteManifest(root, 'digest'),
  },
  { name: 'DELETE a blob', right: 'delete', granted: always(202), prepare: deleteBlob },
];

function mountOf({ rights }: ActorKind): number {
  return rights.includes('pull') ? 201 : 202;
}

async function rangeOfBlob(): Promise<Attempt> {
  return { method: 'GET', path: `/v2/${NAME}/blobs/${LAYER}`, headers: { range: 'bytes=0-9' } };
}

async function putManifest(root: RegistryClient, by: 'tag' | 'digest'): Promise<Attempt> {
  const manifest = aManifest({ seed: randomUUID() });
  await root.pushImage(NAME, manifest, []);
  const reference = by === 'tag' ? `t-${randomUUID()}` : manifest.digest;
  const path = `/v2/${NAME}/manifests/${reference}`;
  const headers = { 'content-type': manifest.mediaType };
  return { method: 'PUT', path, body: manifest.bytes, headers, happened: () => isThere(root, path) };
}

async function moveTag(root: RegistryClient): Promise<Attempt> {
  const tag = `t-${randomUUID()}`;
  const manifest = aManifest({ seed: randomUUID() });
  await root.pushImage(NAME, manifest, []);
  await root.pushManifest(NAME, IMAGE, { reference: tag });
  const path = `/v2/${NAME}/manifests/${tag}`;
  const headers = { 'content-type': manifest.mediaType };
  const happened = async () => (await root.head(path)).header('docker-content-digest') !== IMAGE.digest;
  return { method: 'PUT', path, body: manifest.bytes, headers, happened };
}

async function singlePost(root: RegistryClient): Promise<Attempt> {
  const { bytes, digest } = aBlob(50, randomUUID());
  const happened = () => isThere(root, `/v2/${NAME}/blobs/${digest}`);
  return {
    method: 'POST',
    path: `/v2/${NAME}/blobs/uploads/?digest=${digest}`,
    body: bytes,
    headers: OCTETS,
    happened,
  };
}

/** The actor's own session where it may have one, else the administrator's. */
async function session(root: RegistryClient, actor: RegistryClient, method: string): Promise<Attempt> {
  const { bytes, digest } = aBlob(50, randomUUID());
  const own: RawReply = await openUpload(actor, NAME);
  const location = locationOf(own.status === 202 ? own : await openUpload(root, NAME));
  if (method === 'PUT') return { method, path: `${location}?digest=${digest}`, body: bytes, headers: OCTETS };
  return method === 'PATCH' ? { method, path: location, body: bytes, headers: OCTETS } : { method, path: location };
}

async function mountBlob(root: RegistryClient, from: string): Promise<Attempt> {
  const blob = aBlob(50, randomUUID());
  await root.pushBlob(SOURCE, blob);
  const happened = () => isThere(root, `/v2/${NAME}/blobs/${blob.digest}`);
  return { method: 'POST', path: `/v2/${NAME}/blobs/uploads/?mount=${blob.digest}${from}`, happened };
}

async function deleteManifest(root: RegistryClient, by: 'tag' | 'digest'): Promise<Attempt> {
  const manifest = aManifest({ seed: randomUUID() });
  const reference = by === 'tag' ? `t-${randomUUID()}` : manifest.digest;
  await root.pushImage(NAME, manifest, [reference]);
  const path = `/v2/${NAME}/manifests/${reference}`;
  return { method: 'DELETE', path, happened: async () => !(await isThere(root, path)) };
}

async function deleteBlob(root: RegistryClient): Promise<Attempt> {
  const blob = aBlob(50, randomUUID());
  await root.pushBlob(NAME, blob);
  const path = `/v2/${NAME}/blobs/${blob.digest}`;
  return { method: 'DELETE', path, happened: async () => !(await isThere(root, path)) };
}

async function isThere(root: RegistryClient, path: string): Promise<boolean> {
  return (await root.head(path)).status === 200;
}
