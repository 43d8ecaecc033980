import { putManifest as putManifestQuestion } from '@entrepot/contracts';
import { MAX_MANIFEST_BYTES, MAX_MEDIA_TYPE_LENGTH, oci, parseReference, Tag } from '@entrepot/oci';
import { targetOf } from '../access/target.js';
import type { Answer } from '../plane/answer.js';
import { announcedLength, type Call } from '../plane/call.js';
import type { Ports } from '../plane/ports.js';
import { readBody } from '../plane/read-body.js';

/** distribution-spec main asks for at least 10 in one request; the header that names them all must stay small. */
const MAX_TAGS = 100;

/**
 * end-7a and 7b, `PUT /v2/<name>/manifests/<reference>[?tag=…]`. The catalog checks the bytes: the bus is not trusted, and so the gateway is not.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests
 */
export async function putManifest(ports: Ports, call: Call, name: string, reference: string): Promise<Answer> {
  const what = parseReference(reference);
  const tags = tagsOf(call.query, what.kind === 'tag' ? what.tag.value : null);
  const contentType = contentTypeOf(call);
  const target = await targetOf(ports, call, 'push', name);
  await ports.writes.check();
  const length = announcedLength(call.headers);
  if (length !== null && length > MAX_MANIFEST_BYTES) throw oci.manifestTooLarge();
  call.sendForBody();
  const bytes = await readBody(call.body, MAX_MANIFEST_BYTES, oci.manifestTooLarge);
  const stored = await ports.messages.ask(putManifestQuestion, {
    ...target.scope,
    digest: what.kind === 'digest' ? what.digest.toString() : null,
    tags,
    contentType,
    body: bytes.toString('base64'),
  });
  call.record.digest = stored.digest;
  ports.manifests.set(stored.digest, bytes, bytes.length);
  return { status: 201, headers: headersOf(name, call, stored) };
}

function tagsOf(query: URLSearchParams, tag: string | null): string[] {
  const extra = query.getAll('tag').map((text) => Tag.parse(text).value);
  const all = [...new Set(tag === null ? extra : [tag, ...extra])];
  if (all.length > MAX_TAGS)
    throw oci.unsupported(`${all.length} tags in one request, ${MAX_TAGS} are allowed`, { status: 414 });
  return all;
}

function contentTypeOf({ headers }: Call): string | null {
  const type = headers['content-type'] ?? null;
  if (type !== null && type.length > MAX_MEDIA_TYPE_LENGTH)
    throw oci.manifestInvalid(`Content-Type has ${type.length} characters, no media type of a manifest has`);
  return type;
}

function headersOf(
  name: string,
  call: Call,
  stored: { digest: string; subject: string | null; tags: string[] },
): Answer['headers'] {
  return {
    location: `/v2/${name}/manifests/${stored.digest}`,
    'docker-content-digest': stored.digest,
    ...(stored.subject === null ? {} : { 'oci-subject': stored.subject }),
    ...(call.query.has('tag') ? { 'oci-tag': stored.tags } : {}),
  };
}
