/** Bound of the texts that are remembered: a service has some hundred, a spec may make them up. */
const MAX_TEXTS = 4_096;

/** `INSERT INTO x`, `UPDATE ONLY x`, `DELETE FROM "schema"."x"`, wherever in the text; `FOR UPDATE OF x` names no table this way. */
const CHANGE =
  /\b(?:insert\s+into|update(?:\s+only)?|delete\s+from(?:\s+only)?|merge\s+into(?:\s+only)?|truncate(?:\s+table)?(?:\s+only)?|copy)\s+(?:"?\w+"?\.)?"?(\w+)/gi;

/** Tells of a statement's text whether it may change rows of one of the tables. Each text is read once. */
export function changesOneOf(tables: ReadonlySet<string>): (text: string) => boolean {
  const known = new Map<string, boolean>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    if (known.size >= MAX_TEXTS) known.clear();
    const changes = [...text.matchAll(CHANGE)].some(([, table]) => tables.has(table!.toLowerCase()));
    known.set(text, changes);
    return changes;
  };
}
