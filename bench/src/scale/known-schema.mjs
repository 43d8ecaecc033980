// What the bulk loader knows of the catalog's schema. When a migration changes it, the loader stops and says so here, rather than load rows that
// no push would have made: look at what a push writes now, correct bulk-load.mjs where needed, then this.

/** Tables that the loader multiplies, with all their columns. */
export const LOADED = {
  image: `registry_id image_id repository_id name description policies locked state announced_at tag_count pull_count last_pulled_at created_at
    created_by modified_at deleted_at`,
  blob: `registry_id generation algorithm hex size state location store_key keep_until created_at released_at`,
  blob_link: `registry_id image_id algorithm hex generation keep_until created_at`,
  manifest: `registry_id manifest_id image_id digest media_type artifact_type size total_size body subject annotations annotations_size locked
    created_at created_by deleted_at deleted_by`,
  manifest_blob: `registry_id manifest_id image_id algorithm hex`,
  tag: `registry_id image_id name valid_from valid_to manifest_id digest set_by ended_by`,
};

/** Tables of which it changes single rows, with the columns that it names; others may come. */
export const TOUCHED = {
  repository: `registry_id repository_id image_count`,
  registry_usage_change: `registry_id bytes`,
};

/** Tables that it leaves alone: small, empty after a push of an image once its events are out, or not about images without children. */
export const LEFT_ALONE = `registry registry_key registry_usage upload manifest_child image_ending activity_report outbox inbox migrations
  blob_check damaged_blob installation turn`;

/**
 * Throws a sentence about each difference between `tables`, { name: [column] } as the database has them, and what is written here.
 */
export function requireKnown(tables) {
  const wrong = [
    ...Object.entries(LOADED).flatMap(([table, columns]) => {
      const [expected, found] = [words(columns), tables[table] ?? []];
      const changed = [
        ...expected.filter((it) => !found.includes(it)),
        ...found.filter((it) => !expected.includes(it)),
      ];
      return changed.length > 0 ? [`${table} differs in ${changed.join(', ')}`] : [];
    }),
    ...Object.entries(TOUCHED).flatMap(([table, columns]) => {
      const missing = words(columns).filter((it) => !tables[table]?.includes(it));
      return missing.length > 0 ? [`${table} has no ${missing.join(', ')}`] : [];
    }),
  ];
  const known = [...Object.keys(LOADED), ...Object.keys(TOUCHED), ...words(LEFT_ALONE)];
  const strange = Object.keys(tables).filter((table) => !known.includes(table));
  if (strange.length > 0) wrong.push(`there are new tables: ${strange.join(', ')}`);
  if (wrong.length === 0) return;
  throw new Error(`The catalog's schema has changed: ${wrong.join('; ')}. See bench/src/scale/known-schema.mjs.`);
}

const words = (text) => text.split(/\s+/);
