/** A policy document that cannot be saved. `message` is one sentence that begins with the place. */
export class PolicyDocumentInvalid extends Error {
  override readonly name = 'PolicyDocumentInvalid';

  constructor(
    /** Where: `Statement[2].Condition.IpAddress`; empty for the whole document. */
    readonly path: string,
    /** What is wrong, without the place. */
    readonly sentence: string,
    options?: ErrorOptions,
  ) {
    super(`${path || 'The policy document'} ${sentence}`, options);
  }
}

/** A JSON object. Throws {@link PolicyDocumentInvalid}. */
export function object(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new PolicyDocumentInvalid(path, 'must be an object.');
  }
  return value as Record<string, unknown>;
}

/** A list of 1 to `max`. Throws {@link PolicyDocumentInvalid}. */
export function list(value: unknown, path: string, max: number): readonly unknown[] {
  if (!Array.isArray(value)) throw new PolicyDocumentInvalid(path, 'must be a list.');
  if (value.length === 0) throw new PolicyDocumentInvalid(path, 'must not be empty.');
  if (value.length > max)
    throw new PolicyDocumentInvalid(path, `has ${value.length} entries; at most ${max} are allowed.`);
  return value;
}

/** A list of texts, or one text. Throws {@link PolicyDocumentInvalid}. */
export function texts(value: unknown, path: string, max: number): readonly string[] {
  const entries = list(typeof value === 'string' ? [value] : value, path, max);
  return entries.map((entry, at) => {
    if (typeof entry !== 'string') throw new PolicyDocumentInvalid(`${path}[${at}]`, 'must be a text.');
    return entry;
  });
}

/** Refuses fields that mean nothing here: a misspelt `Condition` would otherwise widen a grant in silence. */
export function onlyKeys(source: Readonly<Record<string, unknown>>, path: string, known: readonly string[]): void {
  const unknown = Object.keys(source).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new PolicyDocumentInvalid(
    path,
    `has the unknown field ${JSON.stringify(unknown)}; known are ${known.join(', ')}.`,
  );
}
