import { describe, expect, it } from '@jest/globals';
import { hasMinio } from './s3-server.js';

describe('whether MinIO is there', () => {
  it('is told by the variable that names it', () => {
    expect(hasMinio({ ENTREPOT_MINIO: '/opt/minio' })).toBe(true);
    expect(hasMinio({ ENTREPOT_MINIO: '/opt/minio', CI: 'true' })).toBe(true);
    expect(hasMinio({})).toBe(false);
    expect(hasMinio({ CI: '' })).toBe(false);
  });

  it.each(['CI', 'ENTREPOT_REQUIRE_MINIO'])('is no question where %s is set: there it must be', (name) => {
    expect(() => hasMinio({ [name]: 'true' })).toThrow(/^ENTREPOT_MINIO is not set: "npm test" obtains/);
  });
});
