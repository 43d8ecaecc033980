import { oci } from '@entrepot/oci';

/** An access key and its secret, as `Authorization: Basic` carries them. */
export interface BasicCredentials {
  accessKey: string;
  secret: string;
}

// Ids have 20 characters and secrets 43; a root key may be chosen longer. In base64.
const MAX_ENCODED = 1_024;

/**
 * Reads the value behind `Basic `. Only the first colon separates, so a secret may hold others (RFC 7617 §2). Throws `UNAUTHORIZED` for
 * what is none, or has no secret.
 */
export function parseBasic(encoded: string): BasicCredentials {
  if (encoded.length > MAX_ENCODED) throw malformed();
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const accessKey = text.slice(0, Math.max(0, colon));
  const secret = text.slice(colon + 1);
  if (accessKey === '' || secret === '' || accessKey.length > 128 || secret.length > 512) throw malformed();
  return { accessKey, secret };
}

function malformed() {
  return oci.unauthorized(
    'The Basic credentials are malformed: use the access key id as user name and its secret as password.',
  );
}
