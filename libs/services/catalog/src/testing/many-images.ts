import type { ScratchCatalog } from './scratch-catalog.js';

/** Writes `count` images, each with a manifest tagged `latest` and a blob, by SQL alone: too many to push. */
export async function manyImages(catalog: ScratchCatalog, count: number): Promise<void> {
  const place = [catalog.registryId, catalog.repositoryId];
  await catalog.query(
    `INSERT INTO image (registry_id, image_id, repository_id, name, announced_at, created_at, created_by, modified_at)
     SELECT $1, md5('i' || n), $2, 'many-' || n, now(), now(), 'spec', now() FROM generate_series(1, $3::int) n`,
    [...place, count],
  );
  const many = `FROM image WHERE registry_id = $1 AND name LIKE 'many-%'`;
  for (const text of [
    `INSERT INTO manifest (registry_id, manifest_id, image_id, digest, media_type, size, total_size, body, annotations_size, created_at, created_by)
     SELECT registry_id, md5('m' || name), image_id, 'sha256:' || encode(sha256(name::bytea), 'hex'),
       'application/vnd.oci.image.manifest.v1+json', 500, 1000, '{}', 2, now(), 'spec' ${many}`,
    `INSERT INTO tag (registry_id, image_id, name, valid_from, manifest_id, digest, set_by)
     SELECT registry_id, image_id, 'latest', now(), md5('m' || name), 'sha256:' || encode(sha256(name::bytea), 'hex'), 'spec' ${many}`,
    `INSERT INTO blob (registry_id, generation, algorithm, hex, size, state, location, store_key, keep_until, created_at)
     SELECT registry_id, md5('b' || name), 'sha256', encode(sha256(('b' || name)::bytea), 'hex'), 1000, 'live', '{}', 'k', 'infinity', now() ${many}`,
    `INSERT INTO blob_link (registry_id, image_id, algorithm, hex, generation, keep_until, created_at)
     SELECT registry_id, image_id, 'sha256', encode(sha256(('b' || name)::bytea), 'hex'), md5('b' || name), 'infinity', now() ${many}`,
  ]) {
    await catalog.query(text, [catalog.registryId]);
  }
}
