import type { BlobFacts } from '@entrepot/contracts';
import type { JsonObject } from '@entrepot/blob-store';
import type { Answer } from '../plane/answer.js';
import type { Call } from '../plane/call.js';
import type { Ports } from '../plane/ports.js';

/**
 * Whether clients at this host are sent to the store. Ranges are always streamed, so that they are answered in one way; those of blobs that the store
 * could hand out have no checks (docs/blob-format.md).
 */
export function mayRedirect({ config }: Ports, { addressing, headers }: Call): boolean {
  if (config.directDownloads.length === 0 || headers.range !== undefined) return false;
  return config.directDownloads.includes(addressing.style === 'host' ? addressing.domain : 'own');
}

/**
 * A redirect to the store (307, RFC 9110 §15.4.8) for a GET of a whole blob; null when the store can't hand this blob out as it is. The URL lets its
 * holder read one blob for some minutes, which is why no cache may keep it.
 */
export async function directDownload(ports: Ports, blob: BlobFacts): Promise<Answer | null> {
  const url = await ports.blobs.presignRead(blob.location as JsonObject, {
    expiresInSeconds: ports.config.directDownloadSeconds,
    contentType: 'application/octet-stream',
    // A browser that is sent there shows nothing of it as a page of the store's host.
    contentDisposition: `attachment; filename="${blob.digest.replace(':', '-')}"`,
  });
  if (url === null) return null;
  const headers = { location: url, 'docker-content-digest': blob.digest, 'cache-control': 'no-store' };
  return { status: 307, headers: { ...headers, 'content-length': 0 } };
}
