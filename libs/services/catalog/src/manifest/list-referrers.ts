import type { ReferrerListReply, ReferrerListRequest } from '@entrepot/contracts';
import { Digest, referrersFallbackTag } from '@entrepot/oci';
import type { CatalogPorts } from '../catalog-ports.js';

/** Annotations in one page: a manifest may hold nearly 4 MiB of them, and a reply must stay below the bus's 8 MiB. At least one is sent. */
const MAX_ANNOTATION_BYTES = 2 * 1024 * 1024;

interface ReferrerRow {
  digest: string;
  mediaType: string;
  size: number;
  artifactType: string | null;
  annotations: Record<string, string>;
}

/**
 * Manifests whose subject is the digest, and those that the index under the subject's fallback tag lists (old clients kept it; image-spec and
 * distribution-spec, "Referrers Tag Schema"), each once, by digest. Each branch reads one page of an index, so the cost is that of the page.
 */
const LIST = `WITH found AS (
    (SELECT manifest_id, digest, annotations_size FROM manifest
     WHERE registry_id = $1 AND image_id = $2 AND subject = $3 AND deleted_at IS NULL AND digest > $4
       AND ($5::text IS NULL OR artifact_type = $5)
     ORDER BY digest LIMIT $6)
    UNION
    (SELECT m.manifest_id, m.digest, m.annotations_size
     FROM tag t
     JOIN manifest_child c ON c.registry_id = t.registry_id AND c.manifest_id = t.manifest_id AND c.child_digest > $4
     JOIN manifest m ON m.registry_id = c.registry_id AND m.image_id = c.image_id AND m.digest = c.child_digest AND m.deleted_at IS NULL
     WHERE t.registry_id = $1 AND t.image_id = $2 AND t.name = $7 AND t.valid_to IS NULL
       AND (m.subject IS NULL OR m.subject = $3) AND ($5::text IS NULL OR m.artifact_type = $5)
     ORDER BY m.digest LIMIT $6)
  ), page AS (
    SELECT manifest_id, digest, sum(annotations_size) OVER (ORDER BY digest) - annotations_size AS before FROM found
    ORDER BY digest LIMIT $6
  )
  SELECT m.digest, m.media_type AS "mediaType", m.size, m.artifact_type AS "artifactType",
    CASE WHEN page.before <= $8 THEN m.annotations END AS annotations
  FROM page JOIN manifest m ON m.registry_id = $1 AND m.manifest_id = page.manifest_id ORDER BY m.digest`;

/** A page of descriptors of what refers to the digest; empty when nothing does. */
export async function listReferrers(
  { database }: CatalogPorts,
  { registryId, imageId, digest, artifactType, after, limit }: ReferrerListRequest,
): Promise<ReferrerListReply> {
  const subject = Digest.parse(digest);
  const rows = await database.ask<ReferrerRow | (Omit<ReferrerRow, 'annotations'> & { annotations: null })>({
    name: 'referrer-list',
    text: LIST,
    values: [
      registryId,
      imageId,
      subject.toString(),
      after ?? '',
      artifactType,
      limit + 1,
      referrersFallbackTag(subject),
      MAX_ANNOTATION_BYTES,
    ],
  });
  const page = rows.slice(0, limit).filter((row): row is ReferrerRow => row.annotations !== null);
  return { descriptors: page.map(descriptorOf), more: page.length < rows.length };
}

function descriptorOf({ mediaType, digest, size, artifactType, annotations }: ReferrerRow): Record<string, unknown> {
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === null ? {} : { artifactType }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
}
