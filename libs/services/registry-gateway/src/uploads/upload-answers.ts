import type { Digest } from '@entrepot/oci';
import type { Answer } from '../plane/answer.js';

/** 202, or 204 for a status: where to go on. An empty upload says `0-0`, as there is no way to write "nothing" in this header. */
export function uploadAnswer(status: 202 | 204, name: string, uploadId: string, offset: number): Answer {
  return {
    status,
    headers: {
      location: `/v2/${name}/blobs/uploads/${uploadId}`,
      range: `0-${Math.max(0, offset - 1)}`,
      'docker-upload-uuid': uploadId,
    },
  };
}

/** 201: the blob can be pulled at `Location`. */
export function blobCreated(name: string, digest: Digest): Answer {
  return {
    status: 201,
    headers: { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest.toString() },
  };
}
