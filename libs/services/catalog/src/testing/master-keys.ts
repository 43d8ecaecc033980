import { randomBytes } from 'node:crypto';
import { LocalMasterKeys } from '@entrepot/key-management';

/** A line of a master key file. */
export function masterKeyLine(): string {
  return randomBytes(32).toString('base64');
}

/** Master keys of these lines; the first wraps. */
export function holding(...lines: string[]): LocalMasterKeys {
  return LocalMasterKeys.parse(lines.join('\n'));
}
