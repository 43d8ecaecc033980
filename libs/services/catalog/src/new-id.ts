import { uuidV7 } from '@entrepot/platform-persistence';

/** An id of ours: 32 lower-case hex digits, a UUID of version 7 without its hyphens. Ids of later moments sort later. */
export function newId(now: Date): string {
  return uuidV7(now).replaceAll('-', '');
}
