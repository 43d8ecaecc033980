import { badRequest } from '@entrepot/platform-http';

/** What can't be undone needs the thing's name, typed by whoever asks. Throws a 400. */
export function typedBack(kind: string, name: string, typed: string): void {
  if (name !== typed) throw badRequest(`To delete the ${kind} ${name}, repeat its name in ?name=${name}.`);
}
