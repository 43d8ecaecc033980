const ID = /^[0-9a-f]{32}$/;

/** Whether a text from a path can be an id of ours; anything else is an id that does not exist. */
export function isId(text: string): boolean {
  return ID.test(text);
}
