import { OciError } from '@entrepot/oci';
import type { Call } from '../plane/call.js';

/**
 * 401 with the Docker token challenge. The realm is on the host that was asked, which has already been checked against our own hosts.
 * Source: distribution docs, "Token Authentication Specification"; `insufficient_scope` as in RFC 6750 §3.1.
 */
export function challenge(call: Call, message: string, scope: string | null, error?: 'insufficient_scope'): OciError {
  const parts = [`realm="${call.scheme}://${call.host}/token"`, `service="${call.host}"`];
  if (scope !== null) parts.push(`scope="${scope}"`);
  if (error) parts.push(`error="${error}"`);
  return new OciError('UNAUTHORIZED', message, { headers: { 'www-authenticate': `Bearer ${parts.join(',')}` } });
}
