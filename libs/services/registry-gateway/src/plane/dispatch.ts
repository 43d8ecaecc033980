import { oci, OciError } from '@entrepot/oci';
import { deleteBlob } from '../blobs/delete-blob.js';
import { getBlob } from '../blobs/get-blob.js';
import { listImages } from '../discovery/list-images.js';
import { listReferrers } from '../discovery/list-referrers.js';
import { listTags } from '../discovery/list-tags.js';
import { deleteManifest } from '../manifests/delete-manifest.js';
import { getManifest } from '../manifests/get-manifest.js';
import { putManifest } from '../manifests/put-manifest.js';
import { appendUpload } from '../uploads/append-upload.js';
import { finishUpload } from '../uploads/finish-upload.js';
import { openUpload } from '../uploads/open-upload.js';
import { cancelUpload, uploadStatus } from '../uploads/upload-session.js';
import type { Answer } from './answer.js';
import type { Call } from './call.js';
import { ping } from './ping.js';
import type { Ports } from './ports.js';
import type { Route, RouteKind } from './route.js';

type Handler<K extends RouteKind> = (ports: Ports, call: Call, route: Extract<Route, { kind: K }>) => Promise<Answer>;
type Verbs<K extends RouteKind> = Readonly<Record<string, readonly [verb: string, handler: Handler<K>]>>;

/** Every endpoint of the data plane: its methods, the word that the access log uses, and the handler to read next. */
const endpoints: { readonly [K in RouteKind]: Verbs<K> } = {
  ping: { GET: ['login', ping], HEAD: ['login', ping] },
  catalog: { GET: ['list', listImages] },
  manifest: {
    GET: ['pull', (ports, call, { name, reference }) => getManifest(ports, call, name, reference)],
    HEAD: ['pull', (ports, call, { name, reference }) => getManifest(ports, call, name, reference)],
    PUT: ['push', (ports, call, { name, reference }) => putManifest(ports, call, name, reference)],
    DELETE: ['delete', (ports, call, { name, reference }) => deleteManifest(ports, call, name, reference)],
  },
  blob: {
    GET: ['pull', (ports, call, { name, digest }) => getBlob(ports, call, name, digest)],
    HEAD: ['pull', (ports, call, { name, digest }) => getBlob(ports, call, name, digest)],
    DELETE: ['delete', (ports, call, { name, digest }) => deleteBlob(ports, call, name, digest)],
  },
  uploads: { POST: ['push', (ports, call, { name }) => openUpload(ports, call, name)] },
  upload: {
    GET: ['push', (ports, call, { name, uploadId }) => uploadStatus(ports, call, name, uploadId)],
    PATCH: ['push', (ports, call, { name, uploadId }) => appendUpload(ports, call, name, uploadId)],
    PUT: ['push', (ports, call, { name, uploadId }) => finishUpload(ports, call, name, uploadId)],
    DELETE: ['push', (ports, call, { name, uploadId }) => cancelUpload(ports, call, name, uploadId)],
  },
  tags: { GET: ['list', (ports, call, { name }) => listTags(ports, call, name)] },
  referrers: { GET: ['pull', (ports, call, { name, digest }) => listReferrers(ports, call, name, digest)] },
};

/** The word for the access log; the method itself where there is no such endpoint. */
export function verbOf(route: Route | null, method: string): string {
  return (route && endpoints[route.kind][method]?.[0]) ?? method.toLowerCase();
}

/** RFC 9110 §15.5.6: a 405 says in `Allow` which methods there are. */
function notAMethod(method: string, allow: string): OciError {
  return new OciError('UNSUPPORTED', `${method} is not a method of this endpoint: it has ${allow}`, {
    headers: { allow },
  });
}

export function dispatch(ports: Ports, call: Call, route: Route | null): Promise<Answer> {
  if (route === null) throw oci.unsupported('there is no such endpoint in the OCI distribution API', { status: 404 });
  const verbs = endpoints[route.kind] as Verbs<RouteKind>;
  const handler = verbs[call.method]?.[1];
  if (!handler) throw notAMethod(call.method, Object.keys(verbs).join(', '));
  return handler(ports, call, route);
}
