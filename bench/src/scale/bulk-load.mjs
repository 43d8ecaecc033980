// The bulk loader: one image that was really pushed, multiplied in the catalog's own tables. Every column that isn't named here is copied from the
// rows which that push made; all constraints, foreign keys and indexes are in force. What it leaves out: the bytes of the configurations in the
// blob store (their rows point at the template's), and what other services keep of their own.
import { pushImage } from '../content/fill.mjs';
import { imageName } from '../content/content.mjs';
import { sha256 } from '../content/bytes.mjs';
import { aConfig, aManifest, sharedLayer } from '../content/image.mjs';
import { say } from '../../../tools/progress.mjs';
import { tablesOf } from './catalog-database.mjs';
import { LOADED, requireKnown } from './known-schema.mjs';

/** A transaction each. */
const IMAGES_AT_ONCE = 10_000;
const DIGITS = 7;
const ZERO = '0'.repeat(DIGITS);
/** Texts of the template that another image has otherwise, as long as these. */
const [CONFIG_MARK, LABEL_MARK] = [`NUMBER=${ZERO}`, `bulk ${ZERO} build 0`];

/** What the n-th (from 1) of the images is called, as a client names it. */
export const bulkName = (number) => imageName(shortName(number));
const shortName = (number) => `bulk-${String(number).padStart(DIGITS, '0')}`;

/** Pushes the image that is multiplied: { name, config, tag, manifest }. */
export async function pushTemplate(client) {
  const config = aConfig(ZERO);
  const template = {
    name: imageName('template'),
    config,
    tag: 'build-0',
    manifest: aManifest(config, { label: LABEL_MARK }),
  };
  await pushImage(client, template);
  return template;
}

/**
 * Adds `images` images with as many tags each, every tag with a manifest of its own, to the repository of the template. Throws when the schema is
 * not the one that is known. Answers the seconds that took.
 */
export async function bulkLoad(client, template, { images, tagsPerImage }) {
  const start = performance.now();
  requireKnown(await tablesOf(client));
  const ids = await templateIds(client, template);
  for (let first = 1; first <= images; first += IMAGES_AT_ONCE) {
    const last = Math.min(images, first + IMAGES_AT_ONCE - 1);
    await client.query('BEGIN');
    await loadPart(client, ids, { template, first, last, tagsPerImage });
    await client.query('COMMIT');
    if (last % (5 * IMAGES_AT_ONCE) === 0) say(`${last} of ${images} images loaded`);
  }
  // As autovacuum would have, had the rows come over weeks; and nothing of it is left to be written while something is measured.
  await client.query(`VACUUM (ANALYZE) ${Object.keys(LOADED).join(', ')}, repository`);
  await client.query('CHECKPOINT');
  return (performance.now() - start) / 1_000;
}

async function templateIds(client, { name, manifest }) {
  const { rows } = await client.query(
    `SELECT i.registry_id AS registry, i.repository_id AS repository, i.image_id AS image, m.manifest_id AS manifest
     FROM image i JOIN manifest m USING (registry_id, image_id) WHERE i.name = $1 AND m.digest = $2 AND m.deleted_at IS NULL`,
    [name.split('/').at(-1), manifest.digest],
  );
  if (rows.length !== 1) throw new Error(`${rows.length} templates in the catalog instead of one`);
  return rows[0];
}

async function loadPart(client, ids, { template, first, last, tagsPerImage }) {
  const images = last - first + 1;
  const configHex = hexOf(template.config);
  await makeNumbers(client, template, { first, last, tagsPerImage });
  const copy = (table, { from, where, ...columns }) => copyRows(client, table, { from, where, columns });
  const image = `t.registry_id = '${ids.registry}' AND t.image_id = '${ids.image}'`;
  const manifest = `t.registry_id = '${ids.registry}' AND t.manifest_id = '${ids.manifest}'`;
  const config = `t.hex = '${configHex}'`;
  const done = [
    await copy('image', {
      from: 'new_image n',
      where: image,
      image_id: 'n.image_id',
      name: 'n.name',
      tag_count: tagsPerImage,
    }),
    await copy('blob', {
      from: 'new_image n',
      where: `t.registry_id = '${ids.registry}' AND t.state = 'live' AND ${config}`,
      generation: 'n.generation',
      hex: 'n.hex',
    }),
    await copy('blob_link', {
      from: 'new_image n',
      where: `${image} AND ${config}`,
      image_id: 'n.image_id',
      hex: 'n.hex',
      generation: 'n.generation',
    }),
    await copy('blob_link', {
      from: 'new_image n',
      where: `${image} AND t.hex = '${hexOf(sharedLayer)}'`,
      image_id: 'n.image_id',
    }),
  ];
  const perTag = [
    await copy('manifest', {
      from: 'new_manifest n',
      where: manifest,
      manifest_id: 'n.manifest_id',
      image_id: 'n.image_id',
      digest: 'n.digest',
      body: 'n.body',
      annotations: `replace(t.annotations::text, '${LABEL_MARK}', n.label)::jsonb`,
    }),
    await copy('manifest_blob', {
      from: 'new_manifest n',
      where: `${manifest} AND ${config}`,
      manifest_id: 'n.manifest_id',
      image_id: 'n.image_id',
      hex: 'n.hex',
    }),
    await copy('manifest_blob', {
      from: 'new_manifest n',
      where: `${manifest} AND t.hex = '${hexOf(sharedLayer)}'`,
      manifest_id: 'n.manifest_id',
      image_id: 'n.image_id',
    }),
    await copy('tag', {
      from: 'new_manifest n',
      where: `${image} AND t.name = '${template.tag}' AND t.valid_to IS NULL`,
      image_id: 'n.image_id',
      name: 'n.tag',
      manifest_id: 'n.manifest_id',
      digest: 'n.digest',
    }),
  ];
  const right = done.every((rows) => rows === images) && perTag.every((rows) => rows === images * tagsPerImage);
  if (!right)
    throw new Error(`${images} images became ${done} rows and, with ${tagsPerImage} tags each, ${perTag} rows`);
  await client.query(
    'UPDATE repository SET image_count = image_count + $3 WHERE registry_id = $1 AND repository_id = $2',
    [ids.registry, ids.repository, images],
  );
  // As a push tells of the bytes that it stored.
  await client.query('INSERT INTO registry_usage_change (registry_id, bytes) VALUES ($1, $2)', [
    ids.registry,
    images * template.config.bytes.length,
  ]);
}

/** The tables of what differs from one new image to the next, and from one of its manifests to the next. */
async function makeNumbers(client, { config, manifest }, { first, last, tagsPerImage }) {
  await client.query('DROP TABLE IF EXISTS new_image, new_manifest');
  await client.query(`CREATE TEMP TABLE new_image AS
    SELECT n, 'bulk-' || number AS name, ${newId} AS image_id, ${newId} AS generation,
      encode(sha256(convert_to(replace(${text(config)}, '${CONFIG_MARK}', 'NUMBER=' || number), 'UTF8')), 'hex') AS hex, number
    FROM (SELECT n, lpad(n::text, ${DIGITS}, '0') AS number FROM generate_series(${first}, ${last}) n) numbers`);
  await client.query(`CREATE TEMP TABLE new_manifest AS
    SELECT image_id, hex, ${newId} AS manifest_id, tag, label, body, 'sha256:' || encode(sha256(body), 'hex') AS digest
    FROM (
      SELECT i.*, 'build-' || build AS tag, label,
        convert_to(replace(replace(${text(manifest)}, '${hexOf(config)}', i.hex), '${LABEL_MARK}', label), 'UTF8') AS body
      FROM new_image i, generate_series(1, ${tagsPerImage}) build,
        LATERAL (SELECT 'bulk ' || number || ' build ' || build AS label OFFSET 0) labels
      ORDER BY n, build OFFSET 0) bodies`);
  await client.query('ANALYZE new_image, new_manifest');
}

const newId = `replace(uuidv7()::text, '-', '')`;
const hexOf = ({ digest }) => digest.replace('sha256:', '');
const text = ({ bytes }) => `'${bytes.toString().replaceAll("'", "''")}'`;

/** Copies the template's row or rows of a table once per row of `from`, with other values in some columns; answers how many that made. */
async function copyRows(client, table, { from, where, columns }) {
  const names = LOADED[table].split(/\s+/);
  const strange = Object.keys(columns).filter((name) => !names.includes(name));
  if (strange.length > 0) throw new Error(`${table} has no column ${strange.join(', ')}`);
  const values = names.map((name) => columns[name] ?? `t.${name}`);
  const { rowCount } = await client.query(
    `INSERT INTO ${table} (${names.join(', ')}) SELECT ${values.join(', ')} FROM ${table} t, ${from} WHERE ${where}`,
  );
  return rowCount;
}

/** `count` of the images that were loaded, evenly out of all, each with one of its tags: { name, tag, manifest }, as makeContent's. */
export async function sampleImages(client, { images, tagsPerImage }, count) {
  const numbers = Array.from({ length: count }, (_, index) => 1 + Math.floor((index * images) / count));
  const { rows } = await client.query(
    `SELECT i.name, t.name AS tag, m.digest, m.media_type AS "mediaType", m.body AS bytes
     FROM unnest($1::text[], $2::text[]) AS wanted (image, tag)
     JOIN image i ON i.name = wanted.image
     JOIN tag t ON t.registry_id = i.registry_id AND t.image_id = i.image_id AND t.name = wanted.tag AND t.valid_to IS NULL
     JOIN manifest m ON m.registry_id = t.registry_id AND m.manifest_id = t.manifest_id`,
    [numbers.map(shortName), numbers.map((_, index) => `build-${1 + (index % tagsPerImage)}`)],
  );
  if (rows.length !== count) throw new Error(`${rows.length} of ${count} sampled images are in the catalog`);
  const wrong = rows.find(({ bytes, digest }) => sha256(bytes) !== digest);
  if (wrong) throw new Error(`the manifest of ${wrong.name} has another digest than its row says`);
  return rows.map(({ name, tag, ...manifest }) => ({ name: imageName(name), tag, manifest }));
}
